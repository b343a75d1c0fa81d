import { topicOf } from '#contracts';
import type { DecodeProgress } from '#platform/avro';
import type { Command } from 'commander';
import { withConnections } from '../connections/connections.js';
import {
  formatDecoded,
  formatProgress,
  readValue,
  valueKindOf,
  type ValueAttempt,
  type ValueKind,
} from '../quarantine/describe-value.js';
import { factsOf } from '../quarantine/entry-facts.js';
import { hexDump } from '../quarantine/hex-dump.js';
import type { QuarantineEntry } from '../quarantine/quarantine-entry.js';
import { marksInForce } from '../quarantine/quarantine-topics.js';
import { readEntry } from '../quarantine/read-quarantine.js';
import type { ReplayMark } from '../quarantine/replay-marks.js';
import { entryPositions, type EntryPosition } from '../terminal/option-parsers.js';
import { printable } from '../terminal/printable.js';
import { formatBytes } from '../terminal/quantities.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';

interface Shown {
  readonly entry: QuarantineEntry;
  readonly mark: ReplayMark | undefined;
  readonly role: ValueKind['role'];
  readonly attempt: ValueAttempt;
  readonly progress: DecodeProgress | null;
}

export function registerQuarantineShow(quarantine: Command): void {
  const command = quarantine
    .command('show')
    .description(
      'show quarantined records: why, from where, headers, bytes, and what they say, as far as they can be read',
    )
    .argument('<pipeline>')
    .argument('<partition-offset...>', 'ids as `quarantine list` shows them, e.g. 2-17', entryPositions);
  withExamples(withJson(command), [
    'eddyline quarantine show electricity 2-17',
    'eddyline quarantine show electricity 2-17 0-4 --json   # one JSON document per line',
  ]).action((pipeline: string, positions: readonly EntryPosition[], options: { json?: boolean }) =>
    runAction(options, (reporter) =>
      withConnections(['kafkaBrokers', 'schemaRegistryUrl'], async (connections) => {
        const { definition } = await connections.pipeline(pipeline);
        const topic = topicOf(pipeline, 'quarantine');
        const marks = await marksInForce(connections, pipeline);
        let missing = 0;
        for (const [index, position] of positions.entries()) {
          const entry = await readEntry(connections.log(), topic, position);
          if (entry === undefined) {
            missing++;
            const id = `${position.partition}-${position.offset}`;
            const error = `${topic} has no record ${id}: it was never there, was purged, or its retention is over`;
            reporter.error(error);
            reporter.result({ ok: false, id, error });
            continue;
          }
          const kind = valueKindOf(entry.origin.topic, definition);
          const attempt = await readValue(entry.value, kind, connections.codecs());
          const progress =
            attempt.ok || entry.value === null ? null : await connections.codecs().progressOf(entry.value, kind.schema);
          const shown: Shown = { entry, mark: marks.of(entry), role: kind.role, attempt, progress };
          reporter.result(toJson(shown));
          if (index > 0) reporter.line(`\n${'─'.repeat(80)}\n`);
          for (const line of describe(shown)) reporter.line(line);
        }
        return missing === 0 ? 0 : 1;
      }),
    ),
  );
}

function describe({ entry, mark, role, attempt, progress }: Shown): string[] {
  const as = `as ${/^[aeiou]/.test(role) ? 'an' : 'a'} ${role}`;
  const { origin } = entry;
  const originalAt = origin.timestampMs === null ? '' : `, published ${new Date(origin.timestampMs).toISOString()}`;
  const replayed =
    mark === undefined
      ? 'not yet'
      : `${new Date(mark.atMs).toISOString()} by ${printable(mark.by, 40)}, run ${mark.run}`;
  return [
    `${entry.id}  ${printable(entry.stage, 40)}: ${printable(entry.reason, 40)}`,
    `  ${printable(entry.message, 2_000)}`,
    '',
    `quarantined  ${new Date(entry.quarantinedAtMs).toISOString()}, attempt ${entry.attempt}`,
    `came from    ${printable(origin.topic, 200)} partition ${origin.partition} offset ${origin.offset}${originalAt}`,
    `put back     ${replayed}`,
    `key          ${entry.key === null ? '(none)' : printable(JSON.stringify(entry.key.toString('utf8')), 1_000)}`,
    '',
    'headers',
    ...Object.entries(entry.headers).map(
      ([name, value]) =>
        `  ${printable(name, 80)}: ${printable(JSON.stringify(value?.toString('utf8') ?? null), 1_000)}`,
    ),
    '',
    entry.value === null ? 'value        (none)' : `value        ${formatBytes(entry.value.byteLength)}`,
    ...(entry.value === null ? [] : indented(hexDump(entry.value))),
    '',
    ...(attempt.ok
      ? [`${as} (schema ${attempt.schemaId})`, ...indented(formatDecoded(attempt.value).split('\n'))]
      : [`${as}: ${attempt.reason}: ${attempt.message}`]),
    ...(progress === null ? [] : indented(formatProgress(progress))),
  ];
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

function toJson({ entry, mark, role, attempt, progress }: Shown): object {
  return {
    ...factsOf(entry, mark !== undefined),
    replay: mark === undefined ? null : { at: new Date(mark.atMs).toISOString(), by: mark.by, run: mark.run },
    headers: Object.fromEntries(
      Object.entries(entry.headers).map(([name, value]) => [name, value?.toString('utf8') ?? null]),
    ),
    keyBase64: entry.key?.toString('base64') ?? null,
    valueBase64: entry.value?.toString('base64') ?? null,
    [role]: attempt.ok
      ? { ok: true, schemaId: attempt.schemaId, value: JSON.parse(formatDecoded(attempt.value)) as unknown }
      : { ...attempt, progress: progress === null ? null : (JSON.parse(formatDecoded(progress)) as unknown) },
  };
}
