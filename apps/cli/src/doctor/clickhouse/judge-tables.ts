import { DEDUPLICATION_WINDOW } from '#platform/clickhouse';
import { formatCount } from '../../terminal/table.js';
import type { Notes } from '../finding.js';
import type { DatabaseFacts, ServerFacts, TableFacts } from './clickhouse-facts.js';

export interface TablesExpectation {
  readonly database: string;
  readonly user: string;
  readonly partLimits: ServerFacts['partLimits'];
  readonly applyCommand: string;
}

/** The tables of a database against what should be there. Pure. */
export function judgeTables(facts: DatabaseFacts, expected: TablesExpectation, notes: Notes): void {
  const { database } = expected;
  judgePlan(facts, database, expected, notes);
  judgeRights(facts, database, expected, notes);
  for (const table of facts.tables.ok ? facts.tables.value : []) judgeDeduplication(table, database, notes);
  judgeParts(facts, database, expected, notes);
  for (const { table } of facts.readOnly.ok ? facts.readOnly.value : []) {
    notes.fail({
      subject: `${database}.${table}`,
      message: 'it is read-only: monitoring waits',
      cure: `see that ClickHouse Keeper is up, then SYSTEM RESTART REPLICA ${database}.${table}`,
    });
  }
  for (const { table, reason } of facts.stuckMutations.ok ? facts.stuckMutations.value : []) {
    notes.warn({
      subject: `${database}.${table}`,
      message: `a mutation fails again and again: ${reason.slice(0, 160)}`,
      cure: `KILL MUTATION WHERE database = '${database}' AND table = '${table}', then make it anew in another way`,
    });
  }
  for (const { table, parts } of facts.brokenParts.ok ? facts.brokenParts.value : []) {
    notes.warn({
      subject: `${database}.${table}`,
      message: 'ClickHouse set broken parts aside: their rows are missing',
      actual: `${parts} parts`,
      cure: `see system.detached_parts for which; what is still in Kafka can be logged again`,
    });
  }
  for (const { name, rows, engine } of facts.tables.ok ? facts.tables.value : []) {
    const clean = !notes.findings.some(
      ({ subject, severity }) => severity !== 'ok' && `${subject}.`.startsWith(`${database}.${name}.`),
    );
    if (clean)
      notes.ok(
        `${database}.${name}`,
        engine === 'View' ? 'as defined, a view' : `as defined, ${formatCount(rows)} rows`,
      );
  }
}

function judgePlan({ plan }: DatabaseFacts, database: string, { applyCommand }: TablesExpectation, notes: Notes): void {
  if (!plan.ok) {
    const cure = 'grant the user of CLICKHOUSE_URL SELECT ON system.columns, then run eddyline doctor again';
    notes.fail({ subject: database, message: `its tables could not be read: ${plan.trouble.message}`, cure });
    return;
  }
  for (const { kind, subject, summary } of plan.value.changes) {
    const expected = summary.replace(/^(create|add) /, '');
    if (kind === 'create_view' || kind === 'replace_view') {
      const [actual, message] =
        kind === 'create_view'
          ? ['missing', 'the view is missing: nobody can read it']
          : ['another query', 'the view shows something else than the pipeline needs'];
      notes.fail({ subject, message, actual, expected, cure: applyCommand });
      continue;
    }
    const missing = { create_database: 'database', create_table: 'table', add_column: 'column' }[kind];
    const message = `the ${missing} is missing: monitoring waits, and the log stands still`;
    notes.fail({ subject, message, actual: 'missing', expected, cure: applyCommand });
  }
  for (const { subject, message } of plan.value.refusals) {
    notes.fail({ subject, message, cure: `change the pipeline file as said, then ${applyCommand}` });
  }
}

function judgeRights(
  { missingRights }: DatabaseFacts,
  database: string,
  { user }: TablesExpectation,
  notes: Notes,
): void {
  if (!missingRights.ok || missingRights.value.length === 0) return;
  const missing = missingRights.value;
  const severity = missing.includes('INSERT') || missing.includes('SELECT') ? 'fail' : 'warn';
  notes[severity]({
    subject: database,
    message:
      severity === 'fail'
        ? `user ${user} may not ${missing.join(', ')}: the log cannot be written or read`
        : `user ${user} may not ${missing.join(', ')}: eddyline apply cannot change tables`,
    cure: `GRANT ${missing.join(', ')} ON ${database}.* TO ${user}`,
  });
}

function judgeDeduplication({ name, engine, engineFull }: TableFacts, database: string, notes: Notes): void {
  if (!engine.includes('MergeTree')) return;
  const replicated = /^(Replicated|Shared)/.test(engine);
  const setting = replicated ? 'replicated_deduplication_window' : 'non_replicated_deduplication_window';
  const set = new RegExp(`\\b(?<!non_)${setting} = (\\d+)`).exec(engineFull)?.[1];
  // Replicated tables have a window by default, plain ones none.
  const window = set === undefined ? (replicated ? DEDUPLICATION_WINDOW : 0) : Number(set);
  const subject = `${database}.${name}`;
  const cure = `ALTER TABLE ${subject} MODIFY SETTING ${setting} = ${DEDUPLICATION_WINDOW}`;
  const expected = String(DEDUPLICATION_WINDOW);
  if (window === 0) {
    const message = 'it remembers no inserts: what monitoring repeats after a crash is stored twice';
    notes.fail({ subject, message, actual: `${setting} 0`, expected, cure });
  } else if (window < DEDUPLICATION_WINDOW) {
    const message = 'it remembers fewer inserts than intended: what is repeated late is stored twice';
    notes.warn({ subject, message, actual: `${setting} ${window}`, expected, cure });
  }
}

function judgeParts({ parts }: DatabaseFacts, database: string, { partLimits }: TablesExpectation, notes: Notes): void {
  if (!parts.ok || !partLimits.ok) return;
  const { delay, refuse } = partLimits.value;
  for (const { table, parts: most } of parts.value) {
    if (most < delay / 2) continue;
    notes[most >= delay ? 'fail' : 'warn']({
      subject: `${database}.${table}`,
      message:
        most >= delay ? 'merges do not keep up: inserts are slowed, and soon refused' : 'merges begin to fall behind',
      actual: `${most} parts in one partition`,
      expected: `below ${delay} (inserts are slowed), ${refuse} (refused)`,
      cure: 'see that ClickHouse has CPU and disk to merge with (system.merges), and that it is not out of memory',
    });
  }
}
