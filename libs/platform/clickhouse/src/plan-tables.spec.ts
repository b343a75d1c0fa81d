import { aPipeline, EVENT_SCHEMA, LABEL, MONITORING } from '../test/a-prediction.js';
import { tablesOf, viewsOf } from './log-tables.js';
import { diffTables, type ExistingTables, type WantedTables } from './plan-tables.js';

type Definition = ReturnType<typeof aPipeline>;

const wanted = (definition: Definition): WantedTables => ({
  tables: tablesOf(definition),
  views: viewsOf(definition),
});

/** What a definition's tables are once they were created. */
function existing(definition: Definition): NonNullable<ExistingTables> {
  const { tables, views } = wanted(definition);
  const columns = tables.flatMap((table) => [
    ...table.columns.map(({ name, type, comment }) => ({
      table: table.name,
      name,
      type: type.sql,
      default_kind: '',
      default_expression: '',
      comment,
    })),
    ...table.aliases.map(({ name, sqlType, of, comment }) => ({
      table: table.name,
      name,
      type: sqlType,
      default_kind: 'ALIAS',
      default_expression: of,
      comment,
    })),
  ]);
  return { columns, views };
}

const before = aPipeline('grid');
const plan = (after: Definition) => diffTables(wanted(after), existing(before));

const withField = (name: string, type: 'long' | 'string') => ({
  ...EVENT_SCHEMA,
  fields: [...EVENT_SCHEMA.fields.filter((field) => field.name !== name), { name, type }],
});

describe('diffTables', () => {
  it('makes everything where there is nothing, in order', () => {
    expect(diffTables(wanted(before), undefined).changes.map(({ summary }) => summary)).toEqual([
      'create database grid',
      'create table grid.predictions',
      'create table grid.quarantine',
    ]);
  });

  it('changes nothing where all is there, also when ClickHouse breaks types into lines', () => {
    const { columns, views } = existing(before);
    const found = columns.map((column) => ({ ...column, type: column.type.replaceAll('(', '(\n    ') }));
    expect(diffTables(wanted(before), { columns: found, views })).toEqual({ changes: [], refusals: [], kept: [] });
  });

  it('adds columns with their comment and codec', () => {
    const { changes } = plan(aPipeline('grid', { event: { ...before.event, schema: withField('wind', 'long') } }));
    expect(changes).toEqual([
      {
        kind: 'add_column',
        subject: 'grid.predictions.wind',
        summary: 'add column wind Nullable(Int64) to grid.predictions',
        sql: "ALTER TABLE grid.predictions ADD COLUMN IF NOT EXISTS wind Nullable(Int64) COMMENT 'event field wind'",
      },
    ]);
  });

  it('refuses another type for a column', () => {
    const { refusals } = plan(aPipeline('grid', { event: { ...before.event, schema: withField('day', 'string') } }));
    expect(refusals).toEqual([
      {
        subject: 'grid.predictions.day',
        message: expect.stringMatching(
          /^grid\.predictions\.day is Nullable\(Int32\) and would become Nullable\(String\): /,
        ),
      },
    ]);
  });

  it('refuses another meaning for a feature', () => {
    const features = before.features.map((feature) =>
      feature.name === 'price'
        ? { name: 'price', type: 'number' as const, kind: 'cel' as const, expression: '2.0' }
        : feature,
    );
    expect(plan(aPipeline('grid', { features })).refusals).toEqual([
      {
        subject: 'grid.predictions.feature_price',
        message: expect.stringContaining('is another name for price and would become a stored column'),
      },
    ]);
  });

  it('refuses to put another field into a column', () => {
    const { refusals } = plan(
      aPipeline('grid', { event: { ...before.event, schema: withField('event_score', 'string') } }),
    );
    expect(refusals.map(({ message }) => message)).toEqual([
      expect.stringContaining(
        'holds "event field score" in the rows already logged and would now hold "event field event_score"',
      ),
    ]);
  });

  const labelled = aPipeline('grid', { label: LABEL, monitoring: MONITORING });

  it('makes what labels and monitors need where a pipeline has them, views after tables', () => {
    expect(plan(labelled).changes.map(({ summary }) => summary)).toEqual([
      'create table grid.outcome_revisions',
      'create table grid.outcomes_latest',
      'create table grid.model_reference',
      'create table grid.monitor_results',
      'create table grid.monitor_ticks',
      'create table grid.alerts',
      'create table grid.alert_deliveries',
      'create view grid.outcomes',
    ]);
  });

  it('leaves a view alone whose quotes ClickHouse has changed', () => {
    const { columns, views } = existing(labelled);
    const found = views.map(({ name, select }) => ({ name, select: select.replaceAll('event_id', '`event_id`') }));
    expect(diffTables(wanted(labelled), { columns, views: found }).changes).toEqual([]);
  });

  it('replaces a view when there is more to see', () => {
    const wider = { ...labelled, event: { ...labelled.event, schema: withField('wind', 'long') } };
    const { changes } = diffTables(wanted(wider), existing(labelled));
    expect(changes.map(({ kind, subject }) => [kind, subject])).toEqual([
      ['add_column', 'grid.predictions.wind'],
      ['add_column', 'grid.outcome_revisions.wind'],
      ['add_column', 'grid.outcomes_latest.wind'],
      ['replace_view', 'grid.outcomes'],
    ]);
    expect(changes.at(-1)!.sql).toMatch(
      /^CREATE OR REPLACE VIEW grid\.outcomes AS\nSELECT .*\bwind\b.* FINAL\nCOMMENT '/,
    );
  });
});
