import type { AlertSubject, Measurement, Severity, Verdict } from '#contracts';
import type { AlertChange, AlertProgress, AlertStates, Evaluation } from './alert-change.js';
import { alertIdOf, alertStateKeyOf, alertStatePrefixOf } from './alert-keys.js';
import { firedSummary, recoveredSummary, risenSummary, vanishedSummary } from './alert-summary.js';

export interface AlertFold {
  readonly states: AlertStates;
  /** In the order of the measurements, then those of subjects that are not measured any more, by key. */
  readonly changes: readonly AlertChange[];
}

/** A subject after one window: `progress` is undefined where nothing is left to know of it. */
interface Step {
  readonly progress: AlertProgress | undefined;
  readonly change?: AlertChange;
}

const UNKNOWN: AlertProgress = { breaches: 0, recoveries: 0, firing: null };
const SEVERITIES: readonly Severity[] = ['info', 'warning', 'critical'];

/**
 * What one evaluation does to the alerts of its monitor.
 *
 * An alert fires in the `fireAfter`th window in a row beyond a bound, with that window's severity. While it fires, a
 * window of higher severity is told again, under the same id; a lower one is not, so that an alert's severity is the worst
 * of its life. It resolves in the `resolveAfter`th recovered window in a row; within the bound, yet not by the monitor's
 * hysteresis, breaks either row. An insufficient window changes nothing.
 *
 * A subject that the evaluation does not have (a group, a reason or a partition of which there was nothing) is in no
 * row beyond a bound any more, and a firing one resolves after `resolveAfter` such windows, saying so: nothing would ever
 * resolve it else, and what is known of subjects would grow with every value that a column ever had. This counts only
 * where the evaluation has some sufficient figure: one that tells nothing does not tell that something is gone either.
 *
 * @param states of the whole pipeline; other monitors' are handed on as they are
 */
export function foldAlerts(states: AlertStates, evaluation: Evaluation): AlertFold {
  const next: Record<string, AlertProgress> = { ...states };
  const changes: AlertChange[] = [];
  const settle = (key: string, { progress, change }: Step): void => {
    if (progress === undefined) delete next[key];
    else next[key] = progress;
    if (change !== undefined) changes.push(change);
  };
  const measured = new Set<string>();
  for (const measurement of evaluation.measurements) {
    const key = alertStateKeyOf({ monitor: evaluation.monitor.name, ...measurement });
    // A monitor that tells a figure twice has still seen one window.
    if (measured.has(key)) continue;
    measured.add(key);
    settle(key, stepOf(states[key] ?? UNKNOWN, measurement, evaluation));
  }
  if (evaluation.measurements.every(({ verdict }) => verdict === 'insufficient')) return { states: next, changes };
  const prefix = alertStatePrefixOf(evaluation.monitor.name);
  for (const [key, progress] of Object.entries(states).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (key.startsWith(prefix) && !measured.has(key)) settle(key, vanish(progress, evaluation));
  }
  return { states: next, changes };
}

function stepOf(before: AlertProgress, measurement: Measurement, evaluation: Evaluation): Step {
  const { verdict, recovered } = measurement;
  if (verdict === 'insufficient') return { progress: before === UNKNOWN ? undefined : before };
  if (verdict !== 'ok') return breach(before, verdict, measurement, evaluation);
  if (before.firing === null) return { progress: undefined };
  if (!recovered) return { progress: { ...before, breaches: 0, recoveries: 0 } };
  return recover({ ...before, firing: before.firing }, measurement, evaluation);
}

function breach(before: AlertProgress, severity: Severity, measurement: Measurement, evaluation: Evaluation): Step {
  const { monitor, windowEnd } = evaluation;
  const breaches = Math.min(before.breaches + 1, monitor.fireAfter);
  if (before.firing === null) {
    if (breaches < monitor.fireAfter) return { progress: { breaches, recoveries: 0, firing: null } };
    const subject = subjectOf(measurement, evaluation);
    return changed(breaches, measurement, evaluation, {
      ...subject,
      id: alertIdOf(subject, windowEnd),
      state: 'firing',
      severity,
      summary: firedSummary(measurement, monitor.fireAfter),
      fired_at: windowEnd,
    });
  }
  if (SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(before.firing.severity)) {
    return { progress: { ...before, breaches, recoveries: 0 } };
  }
  return changed(breaches, measurement, evaluation, {
    ...identityOf(before.firing),
    state: 'firing',
    severity,
    summary: risenSummary(measurement),
  });
}

type Firing = AlertProgress & { readonly firing: NonNullable<AlertProgress['firing']> };

function recover(before: Firing, measurement: Measurement, evaluation: Evaluation): Step {
  const { resolveAfter } = evaluation.monitor;
  const recoveries = before.recoveries + 1;
  if (recoveries < resolveAfter) return { progress: { ...before, breaches: 0, recoveries } };
  return changed(0, measurement, evaluation, {
    ...identityOf(before.firing),
    state: 'resolved',
    severity: before.firing.severity,
    summary: recoveredSummary(before.firing, measurement, resolveAfter),
  });
}

function vanish(before: AlertProgress, evaluation: Evaluation): Step {
  if (before.firing === null) return { progress: undefined };
  const { resolveAfter } = evaluation.monitor;
  const recoveries = before.recoveries + 1;
  if (recoveries < resolveAfter) return { progress: { ...before, breaches: 0, recoveries } };
  return changed(0, unmeasured(before.firing), evaluation, {
    ...identityOf(before.firing),
    state: 'resolved',
    severity: before.firing.severity,
    summary: vanishedSummary(before.firing, resolveAfter),
  });
}

type AlertIdentity = Pick<
  AlertChange['alert'],
  'id' | 'fired_at' | 'pipeline' | 'monitor' | 'metric' | 'subject' | 'slice'
>;

function changed(
  breaches: number,
  measurement: Measurement,
  evaluation: Evaluation,
  told: AlertIdentity & Pick<AlertChange['alert'], 'state' | 'severity' | 'summary'>,
): Step {
  const record = {
    ...told,
    kind: evaluation.monitor.kind,
    value: measurement.value,
    threshold: measurement.threshold,
    window_start: evaluation.windowStart,
    window_end: evaluation.windowEnd,
    noticed_at: evaluation.noticedAt,
    model_version: evaluation.modelVersion,
    pipeline_revision: evaluation.pipelineRevision,
  };
  return {
    progress: told.state === 'firing' ? { breaches, recoveries: 0, firing: record } : undefined,
    change: { alert: { ...record, query: evaluation.query }, measurement },
  };
}

function subjectOf({ metric, subject, slice }: Measurement, { pipeline, monitor }: Evaluation): AlertSubject {
  return { pipeline, monitor: monitor.name, metric, subject, slice };
}

function identityOf({ id, fired_at, pipeline, monitor, metric, subject, slice }: AlertIdentity): AlertIdentity {
  return { id, fired_at, pipeline, monitor, metric, subject, slice };
}

/** The figure of a subject of which the window had none. */
export function unmeasured({
  metric,
  subject,
  slice,
}: Pick<AlertSubject, 'metric' | 'subject' | 'slice'>): Measurement {
  return {
    metric,
    subject,
    slice,
    value: null,
    referenceValue: null,
    low: null,
    high: null,
    pValue: null,
    qValue: null,
    rows: 0,
    referenceRows: null,
    coverage: null,
    verdict: 'insufficient' satisfies Verdict,
    threshold: null,
    recovered: false,
    explanation: '',
  };
}
