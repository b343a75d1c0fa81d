/**
 * The tables of the OpenTelemetry Collector's ClickHouse exporter, so that queries and dashboards made for one work with
 * the other. Columns, codecs and indexes are those of opentelemetry-collector-contrib v0.127.0,
 * exporter/clickhouseexporter/internal/sqltemplates (later versions add alias columns and full-text indexes, no data).
 */
export const TRACES_DATABASE = 'otel';
export const TRACES_TABLE = `${TRACES_DATABASE}.otel_traces`;

const TRACES = `CREATE TABLE IF NOT EXISTS ${TRACES_TABLE} (
  Timestamp DateTime64(9) CODEC(Delta, ZSTD(1)),
  TraceId String CODEC(ZSTD(1)),
  SpanId String CODEC(ZSTD(1)),
  ParentSpanId String CODEC(ZSTD(1)),
  TraceState String CODEC(ZSTD(1)),
  SpanName LowCardinality(String) CODEC(ZSTD(1)),
  SpanKind LowCardinality(String) CODEC(ZSTD(1)),
  ServiceName LowCardinality(String) CODEC(ZSTD(1)),
  ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  ScopeName String CODEC(ZSTD(1)),
  ScopeVersion String CODEC(ZSTD(1)),
  SpanAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  Duration UInt64 CODEC(ZSTD(1)),
  StatusCode LowCardinality(String) CODEC(ZSTD(1)),
  StatusMessage String CODEC(ZSTD(1)),
  Events Nested (Timestamp DateTime64(9), Name LowCardinality(String), Attributes Map(LowCardinality(String), String)) CODEC(ZSTD(1)),
  Links Nested (TraceId String, SpanId String, TraceState String, Attributes Map(LowCardinality(String), String)) CODEC(ZSTD(1)),
  INDEX idx_trace_id TraceId TYPE bloom_filter(0.001) GRANULARITY 1,
  INDEX idx_res_attr_key mapKeys(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_res_attr_value mapValues(ResourceAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_span_attr_key mapKeys(SpanAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_span_attr_value mapValues(SpanAttributes) TYPE bloom_filter(0.01) GRANULARITY 1,
  INDEX idx_duration Duration TYPE minmax GRANULARITY 1
) ENGINE = MergeTree
PARTITION BY toDate(Timestamp)
ORDER BY (ServiceName, SpanName, toDateTime(Timestamp))
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1`;

const TRACE_TIMES = `CREATE TABLE IF NOT EXISTS ${TRACES_TABLE}_trace_id_ts (
  TraceId String CODEC(ZSTD(1)),
  Start DateTime CODEC(Delta, ZSTD(1)),
  End DateTime CODEC(Delta, ZSTD(1)),
  INDEX idx_trace_id TraceId TYPE bloom_filter(0.01) GRANULARITY 1
) ENGINE = MergeTree
PARTITION BY toDate(Start)
ORDER BY (TraceId, Start)
SETTINGS index_granularity = 8192, ttl_only_drop_parts = 1`;

const TRACE_TIMES_VIEW = `CREATE MATERIALIZED VIEW IF NOT EXISTS ${TRACES_TABLE}_trace_id_ts_mv TO ${TRACES_TABLE}_trace_id_ts
AS SELECT TraceId, min(Timestamp) AS Start, max(Timestamp) AS End FROM ${TRACES_TABLE} WHERE TraceId != '' GROUP BY TraceId`;

/** In the order in which they can be run. */
export const CREATE_TRACES_TABLES: readonly string[] = [
  `CREATE DATABASE IF NOT EXISTS ${TRACES_DATABASE}`,
  TRACES,
  TRACE_TIMES,
  TRACE_TIMES_VIEW,
];
