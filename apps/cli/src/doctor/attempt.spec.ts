import { SchemaRegistryError } from '#platform/avro';
import { ClickHouseRefused } from '#platform/clickhouse';
import { Retriable } from '#platform/outcomes';
import { attempt, troubleOf } from './attempt.js';

describe('attempt', () => {
  it('gives what was found, and what went wrong, and never throws', async () => {
    expect(await attempt(1_000, () => Promise.resolve(7))).toEqual({ ok: true, value: 7 });
    expect(await attempt(1_000, () => Promise.reject(new Error('connect ECONNREFUSED')))).toEqual({
      ok: false,
      trouble: { kind: 'away', message: 'connect ECONNREFUSED' },
    });
  });

  it('gives up on what hangs', async () => {
    const found = await attempt(20, () => new Promise<never>(() => undefined));
    expect(found).toEqual({ ok: false, trouble: { kind: 'away', message: 'no answer within 0.02 s' } });
  });
});

describe('troubleOf', () => {
  const kafkaError = (type: string): Error => Object.assign(new Error('no'), { name: 'KafkaJSProtocolError', type });

  it.each([
    ['away', new Retriable('registry_unreachable', 'gone')],
    ['away', new Error('Connection timeout')],
    ['login', new ClickHouseRefused(516, 'refused', 'x')],
    ['denied', new ClickHouseRefused(497, 'refused', 'Not enough privileges')],
    ['odd', new ClickHouseRefused(62, 'refused', 'Syntax error')],
    ['login', new SchemaRegistryError(401, 40101, 'who?')],
    ['denied', new SchemaRegistryError(403, 40301, 'not you')],
    ['odd', new SchemaRegistryError(404, 404, 'HTTP 404')],
    ['odd', new SyntaxError('Unexpected token <')],
    ['denied', kafkaError('TOPIC_AUTHORIZATION_FAILED')],
    ['login', kafkaError('SASL_AUTHENTICATION_FAILED')],
    ['odd', kafkaError('NOT_CONTROLLER')],
  ])('%s: %s', (kind, error) => {
    expect(troubleOf(error).kind).toBe(kind);
  });
});
