import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { discoverAddresses, requireAddresses, type Surroundings } from './cli.config.js';

const STACK = {
  pid: 42,
  kafkaBrokers: '127.0.0.1:9092',
  schemaRegistryUrl: 'http://127.0.0.1:8081',
  clickhouseUrl: 'http://eddyline:secret@127.0.0.1:8123',
  otlpEndpoint: 'http://127.0.0.1:4318',
  artifacts: 'file:///state/artifacts',
};

function directoryWith(content: string | undefined): string {
  const directory = mkdtempSync(join(tmpdir(), 'eddyline-cli-'));
  mkdirSync(join(directory, 'deep', 'down'), { recursive: true });
  if (content !== undefined) {
    mkdirSync(join(directory, '.eddyline'));
    writeFileSync(join(directory, '.eddyline', 'stack.json'), content);
  }
  return join(directory, 'deep', 'down');
}

function from(cwd: string, env: Surroundings['env'] = {}, alive = true): ReturnType<typeof discoverAddresses> {
  return discoverAddresses({ cwd, env, isAlive: () => alive });
}

describe('discoverAddresses', () => {
  it('finds the local stack from a folder below', () => {
    const addresses = from(directoryWith(JSON.stringify(STACK)));
    expect(addresses).toMatchObject({ kafkaBrokers: ['127.0.0.1:9092'], artifacts: 'file:///state/artifacts' });
  });

  it('lets the environment win, variable by variable, and takes empty ones as unset', () => {
    const env = { KAFKA_BROKERS: 'a:1, b:2', CLICKHOUSE_URL: '' };
    const addresses = from(directoryWith(JSON.stringify(STACK)), env);
    expect(addresses.kafkaBrokers).toEqual(['a:1', 'b:2']);
    expect(addresses.clickhouseUrl).toBe(STACK.clickhouseUrl);
  });

  it('does not follow the file of a stack that runs no more', () => {
    const addresses = from(directoryWith(JSON.stringify(STACK)), {}, false);
    expect(addresses.kafkaBrokers).toBeUndefined();
    expect(addresses.stackProblem).toContain('pid 42');
  });

  it('says what is wrong with a stack file that it cannot use', () => {
    expect(from(directoryWith('{')).stackProblem).toContain('not readable JSON');
    expect(from(directoryWith('{}')).stackProblem).toContain('kafkaBrokers');
  });

  it("takes the way into Kafka from the services' variables, all of them or none", () => {
    const login = { KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512', KAFKA_SASL_USERNAME: 'ann', KAFKA_SASL_PASSWORD: 'x' };
    const cwd = directoryWith(undefined);
    expect(from(cwd).kafkaAccess).toEqual({ tls: false });
    expect(from(cwd, { ...login, KAFKA_TLS: 'true' }).kafkaAccess).toEqual({
      tls: true,
      sasl: { mechanism: 'scram-sha-512', username: 'ann', password: 'x' },
    });
    const half = from(cwd, { ...login, KAFKA_BROKERS: 'a:1', KAFKA_SASL_PASSWORD: '' });
    expect(half.kafkaAccess?.sasl).toBeUndefined();
    expect(() => requireAddresses(half, 'kafkaBrokers')).toThrow('are needed together');
  });
});

describe('requireAddresses', () => {
  it('names everything that is missing and both ways out', () => {
    const missing = () =>
      requireAddresses({ schemaRegistryUrl: 'http://r' }, 'kafkaBrokers', 'schemaRegistryUrl', 'artifacts');
    expect(missing).toThrow('no address for KAFKA_BROKERS, EDDYLINE_ARTIFACTS');
    expect(missing).toThrow('eddyline stack');
    expect(missing).toThrow('KAFKA_BROKERS=… EDDYLINE_ARTIFACTS=…');
  });
});
