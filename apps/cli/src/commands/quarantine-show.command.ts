import { topicOf } from '#contracts';
import type { Command } from 'commander';
import { withConnections } from '../connections/connections.js';
import { formatDecoded, readAsEvent, type ValueAttempt } from '../quarantine/describe-value.js';
import { hexDump } from '../quarantine/hex-dump.js';
import { entryFacts, type QuarantineEntry } from '../quarantine/quarantine-entry.js';
import { readEntry } from '../quarantine/read-quarantine.js';
import { CliFailure } from '../terminal/failure.js';
import { entryPosition, type EntryPosition } from '../terminal/option-parsers.js';
import { formatBytes } from '../terminal/quantities.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';

export function registerQuarantineShow(quarantine: Command): void {
  const command = quarantine
    .command('show')
    .description('show one quarantined record: why, from where, headers, bytes, and what it says as an event')
    .argument('<pipeline>')
    .argument('<partition-offset>', 'id as `quarantine list` shows it, e.g. 2-17', entryPosition);
  withExamples(withJson(command), ['eddyline quarantine show electricity 2-17']).action(
    (pipeline: string, position: EntryPosition, options: { json?: boolean }) =>
      runAction(options, (reporter) =>
        withConnections(['kafkaBrokers', 'schemaRegistryUrl'], async (connections) => {
          const { definition } = await connections.pipeline(pipeline);
          const entry = await readEntry(connections.log(), topicOf(pipeline, 'quarantine'), position);
          if (!entry) {
            const id = `${position.partition}-${position.offset}`;
            throw new CliFailure(
              `${topicOf(pipeline, 'quarantine')} has no record ${id}: it was never there, or its retention is over`,
            );
          }
          const attempt = await readAsEvent(entry.value, definition, connections.codecs());
          reporter.result(toJson(entry, attempt));
          for (const line of describe(entry, attempt)) reporter.line(line);
        }),
      ),
  );
}

function describe(entry: QuarantineEntry, attempt: ValueAttempt): string[] {
  const { origin } = entry;
  const originalAt = origin.timestampMs === null ? '' : `, published ${new Date(origin.timestampMs).toISOString()}`;
  return [
    `${entry.id}  ${entry.stage}: ${entry.reason}`,
    `  ${entry.message}`,
    '',
    `quarantined  ${new Date(entry.quarantinedAtMs).toISOString()}, attempt ${entry.attempt}`,
    `came from    ${origin.topic} partition ${origin.partition} offset ${origin.offset}${originalAt}`,
    `key          ${entry.key === null ? '(none)' : JSON.stringify(entry.key.toString('utf8'))}`,
    '',
    'headers',
    ...Object.entries(entry.headers).map(
      ([name, value]) => `  ${name}: ${JSON.stringify(value?.toString('utf8') ?? null)}`,
    ),
    '',
    entry.value === null ? 'value        (none)' : `value        ${formatBytes(entry.value.byteLength)}`,
    ...(entry.value === null ? [] : hexDump(entry.value).map((line) => `  ${line}`)),
    '',
    ...(attempt.ok
      ? [`as an event (schema ${attempt.schemaId})`, ...indented(formatDecoded(attempt.value))]
      : [`as an event: ${attempt.reason}: ${attempt.message}`]),
  ];
}

function indented(text: string): string[] {
  return text.split('\n').map((line) => `  ${line}`);
}

function toJson(entry: QuarantineEntry, attempt: ValueAttempt): object {
  return {
    ...entryFacts(entry),
    headers: Object.fromEntries(
      Object.entries(entry.headers).map(([name, value]) => [name, value?.toString('utf8') ?? null]),
    ),
    keyBase64: entry.key?.toString('base64') ?? null,
    valueBase64: entry.value?.toString('base64') ?? null,
    event: attempt.ok
      ? { ok: true, schemaId: attempt.schemaId, value: JSON.parse(formatDecoded(attempt.value)) as unknown }
      : attempt,
  };
}
