import { judgeCluster, judgeDoors } from './judge-cluster.js';

type Facts = Parameters<typeof judgeCluster>[0];

const CLIENT = { bootstrap: 'one:9092', user: 'worker' };

function aCluster(changes: Partial<Facts> = {}): Facts {
  return {
    description: {
      clusterId: 'c',
      controllerId: 1,
      brokers: [{ id: 1, host: 'one', port: 9092 }],
      topics: [],
      clusterAllowed: null,
    },
    brokers: [
      {
        id: 1,
        address: 'one:9092',
        answer: {
          ok: true,
          value: new Map([
            [0, 13],
            [22, 5],
          ]),
        },
      },
    ],
    settings: { ok: true, value: {} },
    transactions: [{ ok: true, value: { broker: 1, clock: { aheadMs: 3, uncertainMs: 1 } } }],
    ...changes,
  };
}

function complaints(facts: Facts): readonly string[] {
  return judgeCluster(facts, CLIENT)
    .filter(({ severity }) => severity !== 'ok')
    .map(({ severity, subject }) => `${severity} ${subject}`);
}

describe('judgeCluster', () => {
  it('has nothing to say of a cluster that is well', () => {
    expect(complaints(aCluster())).toEqual([]);
  });

  it.each([
    [
      '2.0',
      new Map([
        [0, 6],
        [22, 1],
      ]),
    ],
    ['one without transactions', new Map([[0, 7]])],
  ])('refuses a broker that is too old: %s', (_, value) => {
    expect(complaints(aCluster({ brokers: [{ id: 1, address: 'one:9092', answer: { ok: true, value } }] }))).toEqual([
      'fail broker 1',
    ]);
  });

  it('names brokers that are advertised where nobody reaches them, and brokers that are gone', () => {
    const trouble = { kind: 'away', message: 'ENOTFOUND' } as const;
    expect(complaints(aCluster({ brokers: [{ id: 1, address: 'inner:1', answer: { ok: false, trouble } }] }))).toEqual([
      'fail broker 1',
    ]);
    const topics = [
      {
        topic: 'eddyline.pipelines',
        error: null,
        partitions: [{ partition: 0, leader: 1, replicas: [1, 2], inSync: [1] }],
        allowed: null,
      },
    ];
    expect(complaints(aCluster({ description: { ...aCluster().description, topics } }))).toEqual(['fail broker 2']);
  });

  it('names settings that services cannot live with', () => {
    const value = {
      'offset.metadata.max.bytes': '1024',
      'transaction.max.timeout.ms': '10000',
      'offsets.retention.minutes': '60',
    };
    expect(complaints(aCluster({ settings: { ok: true, value } }))).toEqual([
      'fail offset.metadata.max.bytes',
      'fail transaction.max.timeout.ms',
      'warn offsets.retention.minutes',
    ]);
  });

  it('names a clock that is off, and a cluster without a controller', () => {
    const off = { broker: 1, clock: { aheadMs: 120_000, uncertainMs: 2 } };
    expect(complaints(aCluster({ transactions: [{ ok: true, value: off }] }))).toEqual(['fail clock of broker 1']);
    const description = { ...aCluster().description, controllerId: null };
    expect(complaints(aCluster({ description }))).toEqual(['fail controller']);
  });
});

describe('judgeDoors', () => {
  const shut = { ok: false, trouble: { kind: 'away', message: 'connect ECONNREFUSED' } } as const;
  const open = { ok: true, value: undefined } as const;

  it('warns of one that is shut among others, and fails where none opens', () => {
    const of = (...answers: (typeof shut | typeof open)[]): readonly string[] =>
      judgeDoors(
        answers.map((answer, index) => ({ address: `b${index}:1`, answer })),
        CLIENT,
        'start it',
      ).map(({ severity, subject }) => `${severity} ${subject}`);
    expect(of(open, open)).toEqual([]);
    expect(of(open, shut)).toEqual(['warn b1:1']);
    expect(of(shut, shut)).toEqual(['fail b0:1', 'fail b1:1']);
  });
});
