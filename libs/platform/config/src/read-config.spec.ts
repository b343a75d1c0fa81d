import { z } from 'zod';
import { byteSize, duration, integer, ratio } from './pieces.js';
import { formatConfigProblems, readConfig } from './read-config.js';
import { checkServiceConfig, clickhouseUrlField, serviceConfigShape } from './service-config.js';
import { variable } from './variable.js';

const SERVICE = z
  .object({ ...serviceConfigShape({ port: 8080 }), clickhouseUrl: clickhouseUrlField() })
  .superRefine(checkServiceConfig);
const KEY = 'a'.repeat(64);
const COMPLETE = {
  KAFKA_BROKERS: 'a:9092, [::1]:9093',
  SCHEMA_REGISTRY_URL: 'http://127.0.0.1:8081/',
  CLICKHOUSE_URL: 'http://eddyline:secret@127.0.0.1:8123',
};

function problemsOf(environment: Record<string, string>) {
  const result = readConfig(SERVICE, environment);
  return result.ok ? [] : result.problems.map(({ variable: name, message }) => `${name} ${message}`);
}

describe('readConfig', () => {
  it('parses variables into what they mean', () => {
    const result = readConfig(SERVICE, { ...COMPLETE, EDDYLINE_PIPELINES: 'a, b-2', EDDYLINE_API_KEYS: `me=${KEY}` });
    expect(result).toMatchObject({
      ok: true,
      config: {
        kafkaBrokers: ['a:9092', '[::1]:9093'],
        schemaRegistryUrl: 'http://127.0.0.1:8081',
        pipelines: ['a', 'b-2'],
        apiKeys: [{ name: 'me', sha256: Buffer.from(KEY, 'hex') }],
        port: 8080,
        host: '127.0.0.1',
        logLevel: 'info',
      },
    });
  });

  it('takes an empty variable for an unset one', () => {
    expect(readConfig(SERVICE, { ...COMPLETE, PORT: '', EDDYLINE_PIPELINES: ' ' })).toMatchObject({
      ok: true,
      config: { port: 8080, pipelines: 'all' },
    });
  });

  it('reports every problem at once', () => {
    const { SCHEMA_REGISTRY_URL: _, ...rest } = COMPLETE;
    expect(problemsOf({ ...rest, KAFKA_BROKERS: 'a,b:0', PORT: '99999', LOG_LEVEL: 'loud' })).toEqual([
      'KAFKA_BROKERS "a" is not host:port',
      'KAFKA_BROKERS "b:0" is not host:port',
      'SCHEMA_REGISTRY_URL must be set',
      'PORT is not a whole number from 0 to 65535',
      'LOG_LEVEL is not one of debug, info, warn, error',
    ]);
  });

  it('reports what does not go together', () => {
    expect(problemsOf({ ...COMPLETE, KAFKA_SASL_MECHANISM: 'plain' })).toEqual([
      'KAFKA_SASL_USERNAME is needed with KAFKA_SASL_MECHANISM',
      'KAFKA_SASL_PASSWORD is needed with KAFKA_SASL_MECHANISM',
    ]);
    expect(problemsOf({ ...COMPLETE, KAFKA_SASL_USERNAME: 'me' })).toEqual([
      'KAFKA_SASL_MECHANISM is needed when KAFKA_SASL_USERNAME or KAFKA_SASL_PASSWORD is set',
    ]);
  });

  it('wants room for one body at least', () => {
    const door = z
      .object({
        ...serviceConfigShape({ port: 8080 }),
        maxBodyBytes: variable('MAX_BODY', byteSize(), { example: '' }),
      })
      .superRefine(checkServiceConfig);
    const read = (most: string) => readConfig(door, { ...COMPLETE, MAX_BODY: '2MiB', EDDYLINE_MAX_IN_FLIGHT: most });
    expect(read('2MiB').ok).toBe(true);
    expect(read('1MiB')).toMatchObject({ problems: [{ variable: 'EDDYLINE_MAX_IN_FLIGHT', value: '"1MiB"' }] });
  });

  it('never prints a secret', () => {
    const result = readConfig(SERVICE, {
      ...COMPLETE,
      CLICKHOUSE_URL: 'ftp://eddyline:secret@host',
      EDDYLINE_API_KEYS: 'me=secret,secret',
    });
    const text = result.ok ? '' : formatConfigProblems(result.problems);
    expect(text).toContain('CLICKHOUSE_URL ((hidden)) is not an http(s) address');
    expect(text).toContain('the entry of "me"');
    expect(text).toContain('the entry without a name');
    expect(text.replace('eddyline:password', '')).not.toContain('secret');
  });
});

describe('the pieces', () => {
  const read = (schema: z.ZodType, text: string) => {
    const result = readConfig(z.object({ x: variable('X', schema, { example: '' }) }), { X: text });
    return result.ok ? result.config.x : result.problems[0]?.message;
  };

  it.each([
    [duration(), '250ms', 250],
    [duration(), '1.5h', 5_400_000],
    [duration(), '5', 'is not a duration (a number and ms, s, m, h or d)'],
    [ratio(), '5%', 0.05],
    [ratio(), '0.25', 0.25],
    [ratio(), '1.1', 'is not a ratio between 0 and 1 (or 0% and 100%)'],
    [byteSize(), '16MiB', 16 << 20],
    [byteSize(), '16MB', 'is not a size (a number and B, KiB, MiB or GiB)'],
    [integer(1, 3), '3', 3],
    [integer(1, 3), '0x2', 'is not a whole number from 1 to 3'],
  ])('%#: %s', (schema, text, expected) => {
    expect(read(schema, text)).toBe(expected);
  });
});
