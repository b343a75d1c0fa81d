import { aPipeline, EVENT_SCHEMA } from '../test/a-prediction.js';
import { diffTables, tablesOf, type ExistingColumn } from './plan-tables.js';

/** The columns that a definition's tables have once they were created. */
function existing(definition: ReturnType<typeof aPipeline>): ExistingColumn[] {
  return tablesOf(definition).flatMap((table) => [
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
}

const before = aPipeline('grid');
const plan = (after: ReturnType<typeof aPipeline>) => diffTables(tablesOf(after), existing(before));

const withField = (name: string, type: 'long' | 'string') => ({
  ...EVENT_SCHEMA,
  fields: [...EVENT_SCHEMA.fields.filter((field) => field.name !== name), { name, type }],
});

describe('diffTables', () => {
  it('makes everything where there is nothing, in order', () => {
    expect(diffTables(tablesOf(before), undefined).changes.map(({ summary }) => summary)).toEqual([
      'create database grid',
      'create table grid.predictions',
      'create table grid.quarantine',
    ]);
  });

  it('changes nothing where all is there, also when ClickHouse breaks types into lines', () => {
    const found = existing(before).map((column) => ({ ...column, type: column.type.replaceAll('(', '(\n    ') }));
    expect(diffTables(tablesOf(before), found)).toEqual({ changes: [], refusals: [], kept: [] });
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
});
