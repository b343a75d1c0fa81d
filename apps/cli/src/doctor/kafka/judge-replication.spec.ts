import type { PartitionDescription } from '#platform/kafka';
import { judgeReplication } from './judge-replication.js';

function partition(
  partition: number,
  replicas: number[],
  inSync = replicas,
  leader: number | null = inSync[0] ?? null,
) {
  return { partition, leader, replicas, inSync } satisfies PartitionDescription;
}

function judged(
  partitions: readonly PartitionDescription[],
  facts: Parameters<typeof judgeReplication>[2],
): readonly string[] {
  return judgeReplication('t', partitions, facts).map(({ severity, complaint }) => `${severity} ${complaint.message}`);
}

describe('judgeReplication', () => {
  it('is content with one replica where there is one broker', () => {
    expect(judged([partition(0, [1])], { brokers: 1, declared: 1, minInSync: 1 })).toEqual([]);
  });

  it('is content with three replicas in sync', () => {
    expect(judged([partition(0, [1, 2, 3])], { brokers: 5, declared: 3, minInSync: 2 })).toEqual([]);
  });

  it('warns of one replica where there are more brokers', () => {
    expect(judged([partition(0, [2])], { brokers: 3, declared: 1 })).toEqual([
      'warn one replica: while its broker is away nothing flows, and what only its disk had is lost with it',
    ]);
  });

  it('fails partitions without a leader, and names the brokers that would bring them back', () => {
    const [verdict] = judgeReplication('t', [partition(0, [1, 2]), partition(1, [3], [], null)], { brokers: 2 });
    expect(verdict).toMatchObject({
      severity: 'fail',
      complaint: { actual: '1 of 2 offline', cure: 'bring broker 3 back; its log says why it went' },
    });
  });

  it('tells what still takes records from what refuses them', () => {
    const behind = [partition(0, [1, 2, 3], [1, 3])];
    expect(judged(behind, { brokers: 3, minInSync: 2 })).toEqual([
      'warn partition 0 is under-replicated: the next broker that dies may stop or lose them',
    ]);
    expect(judged([partition(0, [1, 2, 3], [3])], { brokers: 3, minInSync: 2 })).toEqual([
      'fail partition 0 is short of replicas in sync (min.insync.replicas): the brokers take no records',
    ]);
  });

  it('fails fewer replicas than declared, and more than there can be', () => {
    expect(judged([partition(0, [1, 2])], { brokers: 3, declared: 3 })).toEqual([
      'fail fewer replicas than declared: less survives than you think',
    ]);
    expect(judged([partition(0, [1, 2])], { brokers: 2, declared: 3 })).toEqual([
      'fail more replicas are declared than there are brokers: it cannot be made anew',
    ]);
  });

  it('fails a topic that asks for more in-sync replicas than it has', () => {
    expect(judged([partition(0, [1])], { brokers: 1, declared: 1, minInSync: 2 })).toEqual([
      'fail min.insync.replicas is more than there are replicas: the brokers take no records',
    ]);
  });
});
