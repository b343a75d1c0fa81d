import { Retriable } from '#platform/outcomes';
import { createLog } from '#platform/telemetry';
import { StartUp, isWeather } from './start-up.js';

const log = createLog({ service: 'test', level: 'silent' });
const never = new AbortController().signal;

describe('StartUp', () => {
  it('runs the steps in order and says what it waits for', async () => {
    const startUp = new StartUp();
    const seen: string[] = [];
    const step = (name: string) => ({
      name,
      run: async () => void seen.push(`${name}: ${startUp.check().join()}`),
    });
    startUp.add(step('own'));
    expect(startUp.check()).toEqual(['starting']);
    await startUp.run([step('first')], [step('last')], log, never);
    expect(seen).toEqual(['first: waiting for first', 'own: waiting for own', 'last: waiting for last']);
    expect(startUp.check()).toEqual([]);
  });

  it('tries again while what a step needs is away', async () => {
    const startUp = new StartUp();
    let attempts = 0;
    const reasons: string[] = [];
    const away = {
      name: 'ClickHouse',
      run: async () => {
        reasons.push(...startUp.check());
        if (++attempts < 3) throw new Retriable('clickhouse_unreachable', `refused ${attempts}`);
      },
    };
    await startUp.run([away], [], log, never);
    expect(reasons).toEqual([
      'waiting for ClickHouse',
      'waiting for ClickHouse: refused 1',
      'waiting for ClickHouse: refused 2',
    ]);
  });

  it('gives up at once on what waiting cannot mend', async () => {
    const startUp = new StartUp();
    let attempts = 0;
    const broken = {
      name: 'it',
      run: async () => {
        attempts++;
        throw new TypeError('a bug');
      },
    };
    await expect(startUp.run([broken], [], log, never)).rejects.toThrow('a bug');
    expect(attempts).toBe(1);
  });

  it('stops waiting when the service stops', async () => {
    const stopping = new AbortController();
    const away = {
      name: 'it',
      run: async () => {
        setImmediate(() => stopping.abort(new Error('the service stops')));
        throw new Retriable('kafka_unreachable', 'away');
      },
    };
    await expect(new StartUp().run([away], [], log, stopping.signal)).rejects.toThrow();
  });
});

describe('isWeather', () => {
  const kafkaError = (name: string, retriable: boolean, cause?: Error) =>
    Object.assign(new Error(name, { cause }), { name, retriable });

  it.each([
    ['a Retriable', new Retriable('registry_unreachable', ''), true],
    ['a lost connection', kafkaError('KafkaJSConnectionError', true), true],
    [
      'retries used up on a lost connection',
      kafkaError('KafkaJSNumberOfRetriesExceeded', false, kafkaError('KafkaJSConnectionError', true)),
      true,
    ],
    ['a refused password', kafkaError('KafkaJSSASLAuthenticationError', false), false],
    ['what Kafka refuses for good', kafkaError('KafkaJSProtocolError', false), false],
    ['a bug', new TypeError(''), false],
    ['no error at all', 'text', false],
  ])('%s: %p', (_what, error, expected) => {
    expect(isWeather(error)).toBe(expected);
  });
});
