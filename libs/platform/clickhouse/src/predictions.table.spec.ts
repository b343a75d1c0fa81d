import { eventColumnNames, featureColumnName, type AvroRecordSchema, type AvroSchema } from '#contracts';
import { aPipeline, aPrediction } from '../test/a-prediction.js';
import { predictionsTable } from './predictions.table.js';
import { createTableSql, insertSql } from './table-sql.js';

const withFields = (...fields: { name: string; type: AvroSchema }[]) => {
  const schema: AvroRecordSchema = { type: 'record', name: 'E', fields };
  return aPipeline('grid-north', { event: { schema, id: 'reading', key: 'region', time: 'at' }, features: [] });
};

const columnsOf = (definition: ReturnType<typeof aPipeline>) => {
  const { columns, aliases } = predictionsTable(definition);
  return new Map([
    ...columns.map(({ name, type }) => [name, type.sql] as const),
    ...aliases.map(({ name, of }) => [name, `alias of ${of}`] as const),
  ]);
};

describe('predictionsTable', () => {
  it('is this text', () => {
    expect(createTableSql(predictionsTable(aPipeline('grid-north')))).toMatchInlineSnapshot(`
      "CREATE TABLE IF NOT EXISTS grid_north.predictions
      (
        event_id String COMMENT 'identity of the event',
        event_key String COMMENT 'Kafka key of the event',
        event_time DateTime64(3, 'UTC') COMMENT 'when it happened' CODEC(Delta(8), ZSTD(1)),
        model LowCardinality(String) COMMENT 'model that scored it',
        model_version LowCardinality(String) COMMENT 'version of the model, counted up per pipeline',
        model_sha256 LowCardinality(String) COMMENT 'hash of the ONNX file',
        role LowCardinality(String) COMMENT 'champion, canary, challenger or shadow',
        propensity Float64 COMMENT 'probability with which routing chose what served this key',
        flags Array(LowCardinality(String)) COMMENT 'expectations that the event violated and was let through with; challenger_failed',
        score Float64 COMMENT 'binary: P(positive); regression: the value; multiclass: the largest probability',
        class_scores Array(Float64) COMMENT 'one per class for multiclass models',
        decision LowCardinality(String) COMMENT 'positive, negative, or the class index',
        threshold Float64 COMMENT 'positive from this score on',
        reasons Array(Tuple(feature LowCardinality(String), contribution Float64)) COMMENT 'features that moved the score most',
        predicted_at DateTime64(3, 'UTC') COMMENT 'when it was scored' CODEC(Delta(8), ZSTD(1)),
        scoring_ms Float64 COMMENT 'how long the model took for the batch that it was scored in, in ms',
        trace_id String COMMENT 'trace of the event when it was sampled, else empty',
        source LowCardinality(String) COMMENT 'door through which it came: stream, score or infer',
        input_topic LowCardinality(String) COMMENT 'where the scored record lies; empty for HTTP',
        input_partition Int32 COMMENT 'partition of the scored record; -1 for HTTP',
        input_offset Int64 COMMENT 'offset of the scored record; -1 for HTTP' CODEC(Delta(8), ZSTD(1)),
        pipeline_revision Int32 COMMENT 'revision of the pipeline definition in force',
        log_partition Int32 COMMENT 'partition of the record on its topic',
        log_offset Int64 COMMENT 'offset of the record on its topic' CODEC(Delta(8), ZSTD(1)),
        published_at DateTime64(3, 'UTC') COMMENT 'Kafka timestamp of the record on its topic' CODEC(Delta(8), ZSTD(1)),
        price Nullable(Float64) COMMENT 'event field price',
        day Nullable(Int32) COMMENT 'event field day',
        event_score Nullable(Float32) COMMENT 'event field score',
        feature_day Nullable(Float64) COMMENT 'feature day',
        feature_hour_sin Nullable(Float64) COMMENT 'feature hour_sin',
        reading String ALIAS event_id COMMENT 'event field reading',
        region String ALIAS event_key COMMENT 'event field region',
        at DateTime64(3, 'UTC') ALIAS event_time COMMENT 'event field at',
        feature_price Nullable(Float64) ALIAS price COMMENT 'feature price, stored as the event field',
        INDEX by_event_id event_id TYPE bloom_filter(0.001) GRANULARITY 1,
        INDEX by_trace_id trace_id TYPE bloom_filter(0.001) GRANULARITY 1
      )
      ENGINE = MergeTree
      PARTITION BY toYYYYMM(predicted_at)
      ORDER BY (model, model_version, event_time)
      SETTINGS non_replicated_deduplication_window = 10000
      COMMENT 'Predictions of the pipeline grid-north, one row each'"
    `);
  });

  it('is replicated, on every node, where the installation says so', () => {
    const sql = createTableSql(predictionsTable(aPipeline('grid')), { engine: 'ReplicatedMergeTree', cluster: 'main' });
    expect(sql).toContain('CREATE TABLE IF NOT EXISTS grid.predictions ON CLUSTER main\n');
    expect(sql).toContain('\nENGINE = ReplicatedMergeTree\n');
    expect(sql).toContain('replicated_deduplication_window = 10000');
    expect(sql).not.toContain('non_replicated');
  });

  it('inserts by column name, without aliases', () => {
    const sql = insertSql(predictionsTable(aPipeline('grid')));
    expect(sql).toMatch(
      /^INSERT INTO grid\.predictions \(event_id, .*, price, day, event_score, feature_day, feature_hour_sin\) FORMAT RowBinaryWithNamesAndTypes$/,
    );
  });

  it('gives an event field another name only where another column has it', () => {
    const columns = columnsOf(
      withFields(
        { name: 'score', type: 'int' },
        { name: 'event_score', type: 'string' },
        { name: 'Score', type: 'long' },
      ),
    );
    expect(columns.get('score')).toBe('Float64');
    expect(columns.get('event_event_score')).toBe('Nullable(Int32)');
    expect(columns.get('event_score')).toBe('Nullable(String)');
    expect(columns.get('Score')).toBe('Nullable(Int64)');
  });

  it.each([
    [
      'that are called as columns of the log',
      withFields(
        ...['reading', 'score', 'event_score', 'label', 'log_offset', 'feature_x', 'index'].map((name) => ({
          name,
          type: 'long' as const,
        })),
      ),
    ],
    [
      'that are the record’s own',
      {
        ...withFields({ name: 'event_id', type: 'string' }, { name: 'event_key', type: 'long' }),
        event: {
          schema: {
            type: 'record',
            name: 'E',
            fields: [
              { name: 'event_id', type: 'string' },
              { name: 'event_key', type: 'long' },
              { name: 'event_time', type: { type: 'long', logicalType: 'timestamp-micros' } },
            ],
          } satisfies AvroRecordSchema,
          id: 'event_id',
          key: 'event_key',
          time: 'event_time',
        },
      },
    ],
    ['of a plain event', aPipeline('grid')],
  ])('calls the fields %s as monitors look for them', (_, definition) => {
    const features = [...definition.features, { name: 'x', type: 'number', kind: 'cel', expression: '1.0' } as const];
    const columns = columnsOf({ ...definition, features });
    const names = eventColumnNames({ ...definition, features });
    expect([...names.keys()]).toEqual(definition.event.schema.fields.map(({ name }) => name));
    expect([...columns.keys()]).toEqual(expect.arrayContaining([...names.values()]));
    expect(new Set(names.values()).size).toBe(names.size);
  });

  it('gives way to features', () => {
    const definition = { ...withFields({ name: 'feature_x', type: 'int' }) };
    const columns = columnsOf({
      ...definition,
      features: [{ name: 'x', type: 'number', kind: 'cel', expression: '1.0' }],
    });
    expect(columns.get(featureColumnName('x'))).toBe('Nullable(Float64)');
    expect(columns.get('event_feature_x')).toBe('Nullable(Int32)');
  });

  it('has one place for the id, the key and the time', () => {
    const columns = columnsOf(aPipeline('grid'));
    expect(columns.get('reading')).toBe('alias of event_id');
    expect(columns.get('region')).toBe('alias of event_key');
    expect(columns.get('at')).toBe('alias of event_time');
  });

  it('keeps ids and times that the record holds in another form', () => {
    const columns = columnsOf(
      withFields(
        { name: 'reading', type: 'long' },
        { name: 'at', type: { type: 'long', logicalType: 'timestamp-micros' } },
      ),
    );
    expect(columns.get('reading')).toBe('Nullable(Int64)');
    expect(columns.get('at')).toBe("Nullable(DateTime64(6, 'UTC'))");
  });

  it('serves every feature by name, stored once', () => {
    const columns = columnsOf(aPipeline('grid'));
    expect(columns.get('feature_price')).toBe('alias of price');
    expect(columns.get('day')).toBe('Nullable(Int32)');
    expect(columns.get('feature_day')).toBe('Nullable(Float64)');
    expect(columns.get('feature_hour_sin')).toBe('Nullable(Float64)');
  });

  it('stores what was served where only features were given', () => {
    const { columns } = predictionsTable(aPipeline('grid'));
    const prediction = aPrediction(0, { event: null, features: { price: 7, day: 3, hour_sin: null } });
    const row = Object.fromEntries(columns.map(({ name, value }) => [name, value(prediction)]));
    expect(row).toMatchObject({ price: 7, feature_day: 3, feature_hour_sin: null });
    expect(row['day']).toBeUndefined();
  });

  it.each<[string, AvroSchema, string]>([
    ['a boolean', 'boolean', 'Nullable(Bool)'],
    ['bytes', 'bytes', 'Nullable(String)'],
    ['an enum', { type: 'enum', name: 'Kind', symbols: ['A'] }, 'LowCardinality(Nullable(String))'],
    ['a date', { type: 'int', logicalType: 'date' }, 'Nullable(Date32)'],
    ['a decimal', { type: 'bytes', logicalType: 'decimal', precision: 20, scale: 4 }, 'Nullable(Decimal(20, 4))'],
    [
      'a decimal beyond 76 digits',
      { type: 'bytes', logicalType: 'decimal', precision: 77, scale: 4 },
      'Nullable(String)',
    ],
    ['a logical type that is none', { type: 'string', logicalType: 'timestamp-millis' }, 'Nullable(String)'],
    [
      'a nullable array of nullable longs',
      ['null', { type: 'array', items: ['null', 'long'] }],
      'Array(Nullable(Int64))',
    ],
    ['a map', { type: 'map', values: 'double' }, 'Map(String, Float64)'],
    ['a nested record', { type: 'record', name: 'Inner', fields: [{ name: 'a', type: 'int' }] }, 'Nullable(String)'],
    ['a union of types', ['null', 'long', 'string'], 'Nullable(String)'],
  ])('maps %s', (_, type, sql) => {
    expect(columnsOf(withFields({ name: 'x', type })).get('x')).toBe(sql);
  });
});
