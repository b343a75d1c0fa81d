import { Notes } from '../finding.js';
import type { DatabaseFacts } from './clickhouse-facts.js';
import { judgeTables } from './judge-tables.js';

const NOTHING = { ok: true, value: [] } as const;
const WINDOW = 'MergeTree ORDER BY x SETTINGS non_replicated_deduplication_window = 10000, index_granularity = 8192';

function table(engineFull = WINDOW, engine = 'MergeTree') {
  return { name: 'predictions', engine, engineFull, rows: 12 };
}

function judged(changes: Partial<DatabaseFacts>): Notes['findings'] {
  const notes = new Notes('tables', 'high-tides');
  const facts: DatabaseFacts = {
    plan: { ok: true, value: { changes: [], refusals: [], kept: [] } },
    tables: { ok: true, value: [table()] },
    parts: NOTHING,
    readOnly: NOTHING,
    stuckMutations: NOTHING,
    brokenParts: NOTHING,
    missingRights: NOTHING,
    ...changes,
  };
  const partLimits = { ok: true, value: { delay: 1_000, refuse: 3_000 } } as const;
  judgeTables(facts, { database: 'high_tides', user: 'ann', partLimits, applyCommand: 'apply' }, notes);
  return notes.findings;
}

describe('judgeTables', () => {
  it('says that a table is as defined', () => {
    expect(judged({})).toMatchObject([
      { severity: 'ok', subject: 'high_tides.predictions', message: 'as defined, 12 rows' },
    ]);
  });

  it('says which view is missing, and which shows something else', () => {
    const change = { sql: '', subject: 'high_tides.outcomes' } as const;
    const changes = [
      { ...change, kind: 'create_view', summary: 'create view high_tides.outcomes' },
      { ...change, kind: 'replace_view', summary: 'replace view high_tides.outcomes' },
    ] as const;
    expect(judged({ plan: { ok: true, value: { changes, refusals: [], kept: [] } }, tables: NOTHING })).toMatchObject([
      { severity: 'fail', subject: 'high_tides.outcomes', actual: 'missing', cure: 'apply' },
      { severity: 'fail', subject: 'high_tides.outcomes', actual: 'another query', cure: 'apply' },
    ]);
    expect(judged({ tables: { ok: true, value: [{ ...table('', 'View'), name: 'outcomes' }] } })).toMatchObject([
      { severity: 'ok', message: 'as defined, a view' },
    ]);
  });

  it.each([
    ['MergeTree', 'MergeTree ORDER BY x', 'fail', 'non_replicated_deduplication_window 0'],
    ['MergeTree', WINDOW.replace('10000', '0'), 'fail', 'non_replicated_deduplication_window 0'],
    ['MergeTree', WINDOW.replace('10000', '100'), 'warn', 'non_replicated_deduplication_window 100'],
    [
      'ReplicatedMergeTree',
      'ReplicatedMergeTree SETTINGS replicated_deduplication_window = 0',
      'fail',
      'replicated_deduplication_window 0',
    ],
  ])('%s, %s: %s', (engine, engineFull, severity, actual) => {
    expect(judged({ tables: { ok: true, value: [table(engineFull, engine)] } })).toMatchObject([
      { severity, actual, expected: '10000' },
    ]);
  });

  it('knows that replicated tables and views need no setting', () => {
    expect(
      judged({ tables: { ok: true, value: [table('ReplicatedMergeTree', 'ReplicatedMergeTree')] } }),
    ).toMatchObject([{ severity: 'ok' }]);
    expect(judged({ tables: { ok: true, value: [table('View', 'View')] } })).toMatchObject([{ severity: 'ok' }]);
  });

  it('names what is missing and what does not fit, with what mends it', () => {
    const change = {
      kind: 'add_column',
      subject: 'high_tides.predictions.level',
      summary: 'add column level Float64 to high_tides.predictions',
      sql: '',
    } as const;
    const refusal = { subject: 'high_tides.predictions.at', message: 'at is String and would become Int64' };
    const plan = { ok: true, value: { changes: [change], refusals: [refusal], kept: [] } } as const;
    expect(judged({ plan })).toMatchObject([
      { severity: 'fail', subject: change.subject, actual: 'missing', cure: 'apply' },
      { severity: 'fail', subject: refusal.subject, message: refusal.message },
    ]);
  });

  it('fails rights that monitoring needs, warns of those that apply needs', () => {
    expect(judged({ missingRights: { ok: true, value: ['INSERT'] } })[0]).toMatchObject({
      severity: 'fail',
      cure: 'GRANT INSERT ON high_tides.* TO ann',
    });
    expect(judged({ missingRights: { ok: true, value: ['CREATE TABLE'] } })[0]).toMatchObject({ severity: 'warn' });
  });

  it.each([
    [499, []],
    [500, ['warn']],
    [1_000, ['fail']],
  ])('%d parts in one partition: %j', (parts, severities) => {
    const found = judged({ parts: { ok: true, value: [{ table: 'predictions', parts }] } });
    expect(found.filter(({ severity }) => severity !== 'ok').map(({ severity }) => severity)).toEqual(severities);
  });

  it('names read-only tables, failing mutations and broken parts', () => {
    const found = judged({
      readOnly: { ok: true, value: [{ table: 'predictions' }] },
      stuckMutations: { ok: true, value: [{ table: 'predictions', reason: 'no such column' }] },
      brokenParts: { ok: true, value: [{ table: 'predictions', parts: 2 }] },
    });
    expect(found.map(({ severity }) => severity)).toEqual(['fail', 'warn', 'warn']);
  });
});
