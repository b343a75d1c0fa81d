import { topicOf } from '#contracts';
import type { Command } from 'commander';
import { withConnections } from '../connections/connections.js';
import { entryFacts, matches, type QuarantineEntry, type QuarantineFilter } from '../quarantine/quarantine-entry.js';
import { readQuarantine } from '../quarantine/read-quarantine.js';
import { positiveInteger, since } from '../terminal/option-parsers.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';
import { formatCount, formatTable } from '../terminal/table.js';

interface ListOptions {
  readonly json?: boolean;
  readonly reason?: string;
  readonly stage?: string;
  readonly since?: number;
  readonly limit: number;
}

export function registerQuarantineList(quarantine: Command): void {
  const command = quarantine
    .command('list')
    .description('list quarantined records, the newest last')
    .argument('<pipeline>')
    .option('--reason <code>', 'only this reason, e.g. range')
    .option('--stage <name>', 'only this stage, e.g. validation')
    .option('--since <time>', 'only from this time on: an ISO 8601 time, or a duration back from now such as 2h', since)
    .option('--limit <count>', 'show at most this many, the newest', positiveInteger, 50);
  withExamples(withJson(command), [
    'eddyline quarantine list electricity',
    'eddyline quarantine list electricity --reason range --since 2h --json',
  ]).action((pipeline: string, options: ListOptions) =>
    runAction(options, (reporter) =>
      withConnections(['kafkaBrokers', 'schemaRegistryUrl'], async (connections) => {
        await connections.pipeline(pipeline);
        const filter: QuarantineFilter = {
          ...(options.reason !== undefined && { reason: options.reason }),
          ...(options.stage !== undefined && { stage: options.stage }),
          ...(options.since !== undefined && { sinceMs: options.since }),
        };
        const { newest, total } = await collect(
          readQuarantine(connections.log(), topicOf(pipeline, 'quarantine')),
          filter,
          options.limit,
        );
        reporter.result({ pipeline, total, records: newest.map(toJson) });
        if (total === 0) return reporter.line('nothing is quarantined that fits');
        for (const line of formatTable(COLUMNS, newest)) reporter.line(line);
        if (total > newest.length)
          reporter.note(`the newest ${newest.length} of ${formatCount(total)}; --limit shows more`);
      }),
    ),
  );
}

/** The newest `limit` entries by the time at which they were quarantined, in bounded memory. */
async function collect(
  entries: AsyncIterable<QuarantineEntry>,
  filter: QuarantineFilter,
  limit: number,
): Promise<{ readonly newest: readonly QuarantineEntry[]; readonly total: number }> {
  let kept: QuarantineEntry[] = [];
  let total = 0;
  for await (const entry of entries) {
    if (!matches(entry, filter)) continue;
    total++;
    kept.push(entry);
    if (kept.length >= 2 * limit) kept = newestOf(kept, limit);
  }
  return { newest: newestOf(kept, limit), total };
}

function newestOf(entries: readonly QuarantineEntry[], limit: number): QuarantineEntry[] {
  return entries.toSorted((a, b) => a.quarantinedAtMs - b.quarantinedAtMs).slice(-limit);
}

const COLUMNS = [
  { title: 'ID', value: (entry: QuarantineEntry) => entry.id },
  { title: 'AT', value: (entry: QuarantineEntry) => new Date(entry.quarantinedAtMs).toISOString() },
  { title: 'STAGE', value: (entry: QuarantineEntry) => entry.stage },
  { title: 'REASON', value: (entry: QuarantineEntry) => entry.reason },
  { title: 'ATTEMPT', value: (entry: QuarantineEntry) => String(entry.attempt), align: 'right' as const },
  { title: 'KEY', value: (entry: QuarantineEntry) => (entry.key === null ? null : printable(entry.key, 24)) },
  { title: 'MESSAGE', value: (entry: QuarantineEntry) => entry.message },
];

function printable(bytes: Buffer, most: number): string {
  // Control characters in a key must not reach the terminal.
  const text = bytes.toString('utf8').replace(/[\u0000-\u001f\u007f-\u009f\ufffd]/g, '·');
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function toJson(entry: QuarantineEntry): object {
  return {
    ...entryFacts(entry),
    key: entry.key?.toString('utf8') ?? null,
    sizeBytes: entry.value?.byteLength ?? 0,
  };
}
