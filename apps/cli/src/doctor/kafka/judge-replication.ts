import type { PartitionDescription } from '#platform/kafka';
import type { Complaint } from '../finding.js';

type Verdict = { readonly severity: 'warn' | 'fail'; readonly complaint: Complaint };

/** How well the partitions of a topic are kept. Pure. */
export function judgeReplication(
  topic: string,
  partitions: readonly PartitionDescription[],
  {
    brokers,
    declared,
    minInSync,
  }: { readonly brokers: number; readonly declared?: number; readonly minInSync?: number },
): readonly Verdict[] {
  const verdicts: Verdict[] = [];
  const factor = Math.min(...partitions.map(({ replicas }) => replicas.length));
  const offline = partitions.filter(({ leader }) => leader === null);
  const refusing = partitions.filter(
    ({ leader, inSync, replicas }) =>
      leader !== null && inSync.length < replicas.length && minInSync !== undefined && inSync.length < minInSync,
  );
  const behind = partitions.filter(
    (partition) =>
      partition.leader !== null && partition.inSync.length < partition.replicas.length && !refusing.includes(partition),
  );
  if (offline.length > 0) {
    const holders = [...new Set(offline.flatMap(({ replicas }) => replicas))].join(', ');
    verdicts.push({
      severity: 'fail',
      complaint: {
        subject: topic,
        message: `${named(offline)} without a leader: nothing can be read or written there`,
        actual: `${offline.length} of ${partitions.length} offline`,
        expected: 'all led',
        cure: `bring broker ${holders} back; its log says why it went`,
      },
    });
  }
  if (refusing.length > 0) {
    verdicts.push({
      severity: 'fail',
      complaint: {
        subject: topic,
        message: `${named(refusing)} short of replicas in sync (min.insync.replicas): the brokers take no records`,
        actual: `in sync: ${Math.min(...refusing.map(({ inSync }) => inSync.length))}`,
        expected: `at least ${minInSync}`,
        cure: `bring broker ${missingIn(refusing)} back; its log says why it went`,
      },
    });
  }
  if (behind.length > 0) {
    verdicts.push({
      severity: 'warn',
      complaint: {
        subject: topic,
        message: `${named(behind)} under-replicated: the next broker that dies may stop or lose them`,
        actual: `without broker ${missingIn(behind)}`,
        expected: 'all replicas in sync',
        cure: `bring broker ${missingIn(behind)} back; its log says why it went`,
      },
    });
  }
  const reassign = 'kafka-reassign-partitions.sh changes it while the topic is in use';
  if (declared !== undefined && declared > 0 && declared > brokers) {
    verdicts.push({
      severity: 'fail',
      complaint: {
        subject: topic,
        message: 'more replicas are declared than there are brokers: it cannot be made anew',
        actual: `${brokers} brokers`,
        expected: `${declared} or more`,
        cure: `add brokers, or set topics.replicationFactor to ${brokers} or less`,
      },
    });
  } else if (declared !== undefined && declared > 0 && factor !== declared) {
    verdicts.push({
      severity: factor < declared ? 'fail' : 'warn',
      complaint: {
        subject: topic,
        message:
          factor < declared
            ? 'fewer replicas than declared: less survives than you think'
            : 'more replicas than declared',
        actual: `replication factor ${factor}`,
        expected: String(declared),
        cure: reassign,
      },
    });
  } else if (factor < Math.min(brokers, 3)) {
    verdicts.push({
      severity: 'warn',
      complaint: {
        subject: topic,
        message:
          factor === 1
            ? 'one replica: while its broker is away nothing flows, and what only its disk had is lost with it'
            : 'two replicas: no broker can be missed while another is down',
        actual: `replication factor ${factor}`,
        expected: `${Math.min(brokers, 3)}, there are ${brokers} brokers`,
        cure: declared === undefined ? reassign : `${reassign}; then say topics.replicationFactor in the pipeline file`,
      },
    });
  }
  if (minInSync !== undefined && minInSync > factor) {
    verdicts.push({
      severity: 'fail',
      complaint: {
        subject: topic,
        message: 'min.insync.replicas is more than there are replicas: the brokers take no records',
        actual: `min.insync.replicas ${minInSync}, ${factor} replicas`,
        expected: `min.insync.replicas at most ${factor}`,
        cure: `kafka-configs.sh --alter --topic ${topic} --add-config min.insync.replicas=${factor >= 3 ? 2 : 1}`,
      },
    });
  }
  return verdicts;
}

function named(partitions: readonly PartitionDescription[]): string {
  const ids = partitions.map(({ partition }) => partition);
  return ids.length === 1 ? `partition ${ids[0]} is` : `partitions ${ids.join(', ')} are`;
}

function missingIn(partitions: readonly PartitionDescription[]): string {
  const missing = partitions.flatMap(({ replicas, inSync }) => replicas.filter((id) => !inSync.includes(id)));
  return [...new Set(missing)].sort((a, b) => a - b).join(', ');
}
