import { topicOf } from '#contracts';
import type { GroupDescription, PartitionEnds } from '#platform/kafka';
import { z } from 'zod';
import { lagOf } from '../../status/pipeline-status.js';
import { formatCount } from '../../terminal/table.js';
import type { Notes } from '../finding.js';
import type { KafkaClient } from './cluster-facts.js';
import { permissionCure } from './permission-cure.js';
import type { ServiceFacts, ServicesFacts } from './service-facts.js';
import type { Ends } from './topic-facts.js';

type Commit = GroupDescription['commits'][number];

/** The part of validation's checkpoint that says which stretch of `<p>.validated` its state is rebuilt from. */
const COVERAGE = z.object({ from: z.number(), to: z.number() });
const METADATA = z.object({ v: z.literal(1), checkpoint: z.unknown() });

/** The services of a pipeline by their consumer groups, and their offsets against what the log still holds. Pure. */
export function judgeServices(
  { services, before, after }: ServicesFacts,
  pipeline: string,
  client: KafkaClient,
  notes: Notes,
): void {
  for (const facts of services)
    judgeService(facts, before.ok ? before.value : new Map(), after.ok ? after.value : new Map());
  const unknown = [before, after].find((ends) => !ends.ok);
  if (unknown?.ok === false) {
    notes.warn({
      subject: 'offsets',
      message: `what the topics hold could not be read: ${unknown.trouble.message}`,
      cure: 'mend what is said of the topics, then run eddyline doctor again',
    });
  }

  function judgeService({ service, group, topics, state, mayConsume }: ServiceFacts, lows: Ends, highs: Ends): void {
    if (!state.ok || (mayConsume.ok && !mayConsume.value)) {
      const denied = state.ok || state.trouble.kind === 'denied';
      notes.fail({
        subject: `${service} of ${pipeline}`,
        message: denied
          ? `the group ${group} may not be used`
          : `the group ${group} cannot be read: ${messageIn(state)}`,
        cure: denied
          ? permissionCure(client, ['Read', 'Describe'], { kind: 'group', name: 'eddyline.', prefix: true })
          : "look into the brokers' logs; __consumer_offsets has to be led and in sync",
      });
      return;
    }
    const { members, commits } = state.value;
    const lag = lagIn(topics, highs, commits);
    if (members.length === 0) {
      notes.warn({
        subject: `${service} of ${pipeline}`,
        message: `it is not running: nobody consumes as ${group}${lag > 0 ? `, and ${formatCount(lag)} records wait` : ''}`,
        actual: 'missing',
        cure: `start it (eddyline services --only ${service}); if it ended by itself, its last log lines say why`,
      });
    }
    for (const topic of topics) {
      const own = commits.filter((commit) => commit.topic === topic);
      judgeOffsets(service, group, topic, own, lows.get(topic) ?? [], highs.get(topic) ?? []);
      judgeMetadata(service, group, topic, own);
      if (service === 'validation') judgeCoverage(own, lows, highs);
    }
    const running = `${members.length} ${members.length === 1 ? 'member' : 'members'}`;
    const moving = state.value.state === 'Stable' ? '' : `, ${state.value.state}`;
    notes.orOk(`${service} of ${pipeline}`, `${running}${moving}, lag ${formatCount(lag)}`);
  }

  function judgeOffsets(
    service: string,
    group: string,
    topic: string,
    commits: readonly Commit[],
    lows: readonly PartitionEnds[],
    highs: readonly PartitionEnds[],
  ): void {
    const lost = commits.flatMap(({ partition, offset }) => {
      const low = lows.find((end) => end.partition === partition)?.low ?? 0;
      return low > offset ? [{ partition, offset, low }] : [];
    });
    if (lost.length > 0) {
      const count = lost.reduce((sum, { offset, low }) => sum + low - offset, 0);
      notes.fail({
        subject: `${service} ← ${topic}`,
        message: `up to ${formatCount(count)} records were deleted before ${service} had read them: they are lost to it`,
        actual: lost
          .map(({ partition, offset, low }) => `partition ${partition}: next ${offset}, first kept ${low}`)
          .join('; '),
        expected: 'the next offset is still on the log',
        cure: `publish those records again; then raise topics.retention in the pipeline file above the longest outage and apply it`,
      });
    }
    const beyond = commits.flatMap(({ partition, offset }) => {
      const high = highs.find((end) => end.partition === partition)?.high;
      return high !== undefined && offset > high ? [{ partition, offset, high }] : [];
    });
    if (beyond.length > 0) {
      notes.fail({
        subject: `${service} ← ${topic}`,
        message: 'the next offset lies behind the end: the topic was made anew, or lost its end',
        actual: beyond
          .map(({ partition, offset, high }) => `partition ${partition}: next ${offset}, end ${high}`)
          .join('; '),
        expected: 'the next offset is at the end or before it',
        cure:
          `stop ${service}, then kafka-consumer-groups.sh --bootstrap-server ${client.bootstrap} --group ${group} ` +
          `--topic ${topic} --reset-offsets --to-earliest --execute`,
      });
    }
  }

  function judgeMetadata(service: string, group: string, topic: string, commits: readonly Commit[]): void {
    const foreign = commits.filter(({ metadata }) => metadataIn(metadata) === undefined);
    if (foreign.length === 0) return;
    notes.warn({
      subject: `${service} ← ${topic}`,
      message: `offsets were committed by something else than ${service}: what it keeps beside them is gone`,
      actual: foreign
        .map(
          ({ partition, metadata }) =>
            `partition ${partition}: ${metadata ? `"${metadata.slice(0, 40)}"` : 'no metadata'}`,
        )
        .join('; '),
      expected: "Eddyline's checkpoint",
      cure: `let no other consumer use the group ${group}; after a reset by hand ${service} mends it with its next commit`,
    });
  }

  function judgeCoverage(commits: readonly Commit[], lows: Ends, highs: Ends): void {
    const log = topicOf(pipeline, 'validated');
    const subject = `validation ⟲ ${log}`;
    const ends = { low: byPartition(lows.get(log)), high: byPartition(highs.get(log)) };
    const deleteOffsets =
      `stop validation, then kafka-consumer-groups.sh --bootstrap-server ${client.bootstrap} ` +
      `--group eddyline.validation.${pipeline} --topic ${topicOf(pipeline, 'events')} --delete-offsets; ` +
      'it restores from the log, and does the events that Kafka still holds again';
    const cut: string[] = [];
    const short: string[] = [];
    for (const { partition, metadata } of commits) {
      const { checkpoint } = metadataIn(metadata) ?? {};
      if (checkpoint === undefined || checkpoint === null) continue;
      const coverage = COVERAGE.safeParse(checkpoint);
      if (!coverage.success) {
        notes.fail({
          subject,
          message: `the checkpoint of partition ${partition} is not validation's: it refuses to start`,
          actual: JSON.stringify(checkpoint).slice(0, 80),
          expected: '{ from, to, … }',
          cure: deleteOffsets,
        });
        continue;
      }
      const { from, to } = coverage.data;
      const low = ends.low.get(partition)?.low ?? 0;
      const high = ends.high.get(partition)?.high ?? Infinity;
      if (from < low && to > from) cut.push(`partition ${partition}: needs ${from}, first kept ${low}`);
      if (to > high) short.push(`partition ${partition}: needs up to ${to}, end ${high}`);
    }
    if (cut.length > 0) {
      notes.warn({
        subject,
        message: 'the log is kept for less than the deduplication window: after a restart older repetitions pass',
        actual: cut.join('; '),
        cure: 'raise topics.retention in the pipeline file above dedupe.window, or lower that, and apply it',
      });
    }
    if (short.length > 0) {
      notes.fail({
        subject,
        message: 'the log ends before the checkpoint that validation restores from: it refuses to start',
        actual: short.join('; '),
        cure: deleteOffsets,
      });
    }
  }
}

function lagIn(topics: readonly string[], highs: Ends, commits: readonly Commit[]): number {
  return topics.reduce((sum, topic) => {
    const committed = new Map(commits.filter((it) => it.topic === topic).map((it) => [it.partition, it.offset]));
    return sum + lagOf(highs.get(topic) ?? [], committed);
  }, 0);
}

function byPartition(ends: readonly PartitionEnds[] = []): ReadonlyMap<number, PartitionEnds> {
  return new Map(ends.map((end) => [end.partition, end]));
}

/** What a stage writes beside an offset; undefined for anything else. */
function metadataIn(text: string | null): { readonly checkpoint?: unknown } | undefined {
  try {
    const parsed = METADATA.safeParse(JSON.parse(text ?? ''));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

function messageIn(state: ServiceFacts['state']): string {
  return state.ok ? '' : state.trouble.message;
}
