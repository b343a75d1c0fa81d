import type { MetricRule, MonitorDefinition, PipelineDefinition } from '#contracts';
import { formatDuration } from '../terminal/quantities.js';
import { METRIC_WORDS } from './metric-words.js';

/** What a monitor measures, in sentences. */
export function purposeOf(monitor: MonitorDefinition, { label }: PipelineDefinition): readonly string[] {
  switch (monitor.kind) {
    case 'quality':
      return [
        `Whether the data are as they should be: missing, out of range and unseen values of ${list(monitor.columns)};`,
        'events that came twice, were flagged or were refused.',
      ];
    case 'drift':
      return [
        `Whether ${list([...monitor.features, ...(monitor.score ? ['the score'] : [])])} are distributed as ${
          monitor.reference === 'training'
            ? 'in the rows that the serving model was trained on'
            : 'in the window before'
        }.`,
        `Numbers are compared by ${wordOf(monitor.numeric)}, texts by ${wordOf(monitor.categorical)}. A verdict needs a distance beyond its bound, and`,
        `significance across all that is compared (false discovery rate ${monitor.falseDiscoveryRate}).`,
      ];
    case 'performance':
      return [
        `How right the scores were, by the labels that came back (${label?.field ?? 'label'}): ${list(monitor.metrics)}.`,
        `No verdict where less than ${percent(monitor.minCoverage)} of the predictions have a label. Intervals at ${percent(monitor.confidence)}.`,
      ];
    case 'estimate':
      return [
        `How right the scores probably are, before labels come: ${list(monitor.metrics)}, from how sure the model is of each answer`,
        '(its scores, calibrated on rows that it was not fitted on). It sees a shift of the inputs, not one of their meaning.',
      ];
    case 'concept':
      return [
        `Whether the share of errors has changed somewhere in the stream of labels, by ${detectorWords(monitor.detector)}.`,
        'It goes on from what the evaluation before remembered, so that it finds a change between windows too.',
      ];
    case 'fairness':
      return [
        `Whether decisions fall alike for the groups of ${list(monitor.by)}: ${list(monitor.metrics)}.`,
        `Groups of less than ${monitor.minGroup} rows are not compared. Intervals at ${percent(monitor.confidence)}.`,
      ];
    case 'anomalies':
      return [
        'Whether the scores look as usual: their mean and spread, the share of positive decisions, how many different ones',
        'there are, and how many events came against the window before.',
      ];
    case 'attribution':
      return [
        `Whether the features matter as they did in ${monitor.reference === 'first' ? "the version's first window" : 'the window before'}, by what was explained:`,
        'how much of their order is the same, and how much of all contributions went from some to others.',
      ];
    case 'labels':
      return [
        'How labels come back: the share that has come, after how long, and how many were duplicates, corrections, late or orphans.',
      ];
    case 'system':
      return [
        'How the pipeline itself fares, as the log tells: latency, errors, how far event time trails, how fresh the log is.',
      ];
    case 'business':
      return [`A figure of your own, over the window's ${monitor.on}.`];
  }
}

/** When it is evaluated. */
export function paceOf(monitor: MonitorDefinition, graceMs: number): readonly string[] {
  const awaited = monitor.kind === 'attribution' ? 'explanations' : 'labels';
  const delay =
    'delayMs' in monitor && monitor.delayMs > 0 ? ` and ${formatDuration(monitor.delayMs)} for ${awaited} to come` : '';
  return [
    `Every ${formatDuration(monitor.everyMs)} of event time, over the ${formatDuration(monitor.windowMs)} before, once the pipeline's clock is ${graceMs === 0 ? 'there' : `${formatDuration(graceMs)} past`}${delay}.`,
    `Less than ${monitor.minRows} rows: no verdict, and alerts stay as they are.`,
  ];
}

/** Bounds, and what becomes of what lies beyond. */
export function ruleLines(monitor: MonitorDefinition): readonly string[] {
  if (monitor.rules.length === 0) return ['No bounds: it measures, and raises nothing.'];
  return [
    ...monitor.rules.map((rule) => `${ruleText(rule)}: ${severityOf(rule)}`),
    `Fires ${monitor.fireAfter === 1 ? 'at once' : `after ${monitor.fireAfter} windows in a row`}, resolves after ${monitor.resolveAfter} that are within by ${percent(monitor.hysteresis)} of the bound.`,
  ];
}

export function ruleText({ metric, subject, above, below }: MetricRule): string {
  const bounds = [above === undefined ? '' : `above ${above}`, below === undefined ? '' : `below ${below}`];
  return `${metric}${subject === undefined ? '' : ` of ${subject}`} ${bounds.filter(Boolean).join(' or ')}`;
}

/** How to read the metrics that a monitor has bounds or figures for. */
export function metricLines(metrics: Iterable<string>): readonly string[] {
  return [...new Set(metrics)].flatMap((metric) => {
    const words = METRIC_WORDS[metric];
    return words === undefined ? [] : [`${metric}: ${words}`];
  });
}

function severityOf({ severity }: MetricRule): string {
  return severity ?? 'as severe as its consequence';
}

function detectorWords(detector: Extract<MonitorDefinition, { kind: 'concept' }>['detector']): string {
  return detector.kind === 'adwin'
    ? `ADWIN (delta ${detector.delta})`
    : `Page-Hinkley (threshold ${detector.threshold}, delta ${detector.delta}, alpha ${detector.alpha}, from ${detector.minInstances} labels on)`;
}

function wordOf(method: string): string {
  return method === 'psi' ? 'PSI' : method.replaceAll('_', ' ');
}

function list(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

function percent(ratio: number): string {
  return `${Number((ratio * 100).toPrecision(4))} %`;
}
