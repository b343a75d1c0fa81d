import { OUTCOME_COLUMNS, PREDICTION_COLUMNS, PREDICTION_LOG_COLUMNS } from '#contracts';
import { aPipeline, anOutcome, aRecord } from '../test/a-prediction.js';
import { outcomeRevisionsTable, outcomesLatestTable, outcomesView } from './outcomes.table.js';
import { createTableSql, createViewSql } from './table-sql.js';

const definition = aPipeline('grid-north');

describe('the tables of outcomes', () => {
  it('have the columns that are promised, in this order', () => {
    const names = outcomeRevisionsTable(definition).columns.map(({ name }) => name);
    const promised = [...OUTCOME_COLUMNS, ...PREDICTION_COLUMNS, ...PREDICTION_LOG_COLUMNS];
    expect(names.slice(0, promised.length)).toEqual(promised);
    expect(outcomesLatestTable(definition).columns.map(({ name }) => name)).toEqual(names);
  });

  it('keep every label in one, and let the highest rank replace the others in the other', () => {
    const [revisions, latest] = [outcomeRevisionsTable, outcomesLatestTable].map((table) =>
      createTableSql(table(definition)),
    );
    expect(revisions).toContain(
      '\nENGINE = MergeTree\nPARTITION BY toYYYYMM(joined_at)\nORDER BY (event_time, event_id)\n',
    );
    expect(latest).toContain('\nENGINE = ReplacingMergeTree(label_rank)\nORDER BY (event_time, event_id)\n');
    expect(createTableSql(outcomesLatestTable(definition), { engine: 'ReplicatedMergeTree' })).toContain(
      '\nENGINE = ReplicatedReplacingMergeTree(label_rank)\n',
    );
  });

  it('hold the label and the prediction that it is about', () => {
    const outcome = anOutcome(7, 3, { label: 0, label_revision: 2, prediction: aRecord(7, { score: 0.25 }) });
    const row = Object.fromEntries(
      outcomeRevisionsTable(definition).columns.map(({ name, value }) => [name, value(outcome)]),
    );
    expect(row).toMatchObject({
      event_id: 'e-7',
      label: 0,
      label_revision: 2,
      outcome_offset: 3,
      score: 0.25,
      log_offset: 7,
      log_partition: 1,
      published_at: Date.UTC(2026, 10, 21, 8) + 12,
      feature_hour_sin: 1,
    });
  });
});

it('the view of outcomes is this text', () => {
  expect(createViewSql(outcomesView(definition), { cluster: 'main' })).toMatchInlineSnapshot(`
    "CREATE OR REPLACE VIEW grid_north.outcomes ON CLUSTER main AS
    SELECT label, label_time, label_revision, label_late, label_partition, label_offset, joined_at, outcome_partition, outcome_offset, event_id, event_key, event_time, model, model_version, model_sha256, role, propensity, flags, score, class_scores, decision, threshold, reasons, predicted_at, scoring_ms, trace_id, source, input_topic, input_partition, input_offset, pipeline_revision, log_partition, log_offset, published_at, price, day, event_score, feature_day, feature_hour_sin, reading, region, at, feature_price FROM grid_north.outcomes_latest FINAL
    COMMENT 'Outcomes of the pipeline grid-north: one row per labelled event, with the label that holds'"
  `);
});
