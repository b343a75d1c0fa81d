import type { LogCut, MonitorDefinition, PipelineDefinition } from '#contracts';
import { BINARY_METRICS, metricNamesOf, type MonitorContext } from '#domain/monitors';
import { readingsWithLabels } from '../../src/readings.js';
import { EVENTS_PER_SECOND, FIRST_EVENT_MS, LABEL_DELAY_MS, PARTITIONS } from './log-shape.js';

const NUMERIC = Array.from({ length: 16 }, (_, i) => `reading_${i}`);
const CATEGORICAL = ['region', 'channel', 'product', 'device'];
export const FEATURES = [
  ...NUMERIC.map((name) => ({ name, type: 'number' as const })),
  ...CATEGORICAL.map((name) => ({ name, type: 'string' as const })),
];

export const WINDOW_MS = 30 * 60_000;

const pace = {
  everyMs: 60_000,
  windowMs: WINDOW_MS,
  minRows: 500,
  fireAfter: 2,
  resolveAfter: 2,
  hysteresis: 0.1,
  rules: [],
};

/** One monitor of each kind, asked for everything that it can tell. */
const MONITORS: readonly MonitorDefinition[] = [
  { ...pace, name: 'quality', kind: 'quality', columns: FEATURES.map(({ name }) => name) },
  {
    ...pace,
    name: 'drift',
    kind: 'drift',
    reference: 'training',
    features: FEATURES.map(({ name }) => name),
    score: true,
    numeric: 'psi',
    categorical: 'jensen_shannon',
    falseDiscoveryRate: 0.05,
  },
  {
    ...pace,
    name: 'performance',
    kind: 'performance',
    metrics: BINARY_METRICS,
    delayMs: LABEL_DELAY_MS,
    minCoverage: 0.5,
    confidence: 0.95,
  },
  { ...pace, name: 'estimate', kind: 'estimate', metrics: metricNamesOf('estimate', 'binary-classification') },
  { ...pace, name: 'concept', kind: 'concept', detector: { kind: 'adwin', delta: 0.002 } },
  {
    ...pace,
    name: 'fairness',
    kind: 'fairness',
    by: ['region', 'channel'],
    metrics: metricNamesOf('fairness', 'binary-classification'),
    minGroup: 100,
    delayMs: LABEL_DELAY_MS,
    confidence: 0.95,
  },
  { ...pace, name: 'anomalies', kind: 'anomalies' },
  { ...pace, name: 'labels', kind: 'labels' },
  { ...pace, name: 'system', kind: 'system' },
  {
    ...pace,
    name: 'business',
    kind: 'business',
    sql: 'SELECT region AS subject, sum(reading_0) AS value FROM {predictions} GROUP BY region',
    on: 'predictions',
  },
];

/** 20 features, labels, and a monitor of each kind. */
export function watchedPipeline(name: string): PipelineDefinition {
  return {
    name,
    ...readingsWithLabels(FEATURES, { withinMs: 2 * LABEL_DELAY_MS }),
    expectations: [
      { name: 'reading_0.range', on: 'flag', kind: 'range', field: 'reading_0', min: -3, max: 3 },
      { name: 'region.set', on: 'flag', kind: 'set', field: 'region', values: ['region 0', 'region 1', 'region 2'] },
    ],
    dedupeWindowMs: null,
    model: { task: 'binary-classification', threshold: 0.5 },
    monitoring: { graceMs: 0, slices: ['region', 'channel'], receivers: [], monitors: MONITORS },
    topics: { partitions: PARTITIONS, replicationFactor: 1, retentionMs: 604_800_000, maxMessageBytes: 1_048_576 },
  };
}

/** The last window of a log of so many events, with all of the log known, as it is when the window becomes due. */
export function lastWindow(events: number): MonitorContext {
  const endMs = FIRST_EVENT_MS + Math.floor((events / EVENTS_PER_SECOND) * 1000);
  const inWindow = (WINDOW_MS / 1000) * EVENTS_PER_SECOND;
  const upTo = (count: number): readonly number[] =>
    Array.from({ length: PARTITIONS }, () => Math.max(0, Math.ceil(count / PARTITIONS)));
  const labelled = events - (LABEL_DELAY_MS / 1000) * EVENTS_PER_SECOND;
  const cutAt = (predictions: number, outcomes: number): LogCut => ({
    predictions: upTo(predictions),
    // Two offsets for each event: some have two labels.
    outcomes: upTo(2 * outcomes),
    quarantine: upTo(Math.floor(predictions / 200)),
  });
  return {
    window: { startMs: endMs - WINDOW_MS, endMs },
    cut: cutAt(events, labelled),
    cutBefore: cutAt(events - inWindow, labelled - inWindow),
    model: {
      version: '1',
      referenceRows: 20_000,
      calibration: {
        scores: Array.from({ length: 40 }, (_, i) => i / 39),
        probabilities: Array.from({ length: 40 }, (_, i) => (i / 39) ** 1.1),
      },
    },
  };
}
