import type {
  AlertRecord,
  Candidate,
  LifecycleState,
  PipelineFlag,
  RetrainDefinition,
  RetrainTrigger,
  RunCause,
  Severity,
} from '#contracts';
import type { Decision } from '../decision.js';
import { cronAfter, parseCron } from './cron.js';

/** An alert's change as it lies on `<p>.alerts`. */
export interface SeenAlert {
  readonly partition: number;
  readonly offset: number;
  readonly alert: Pick<
    AlertRecord,
    'id' | 'kind' | 'monitor' | 'state' | 'severity' | 'summary' | 'value' | 'threshold' | 'window_end'
  >;
}

export interface TriggerInput {
  readonly definition: RetrainDefinition;
  readonly state: LifecycleState;
  /** The pipeline's clock: event time, ms. */
  readonly clock: number | null;
  /** All from `state.alertOffsets` on, by partition in their order: those that were handed in before too, until the state has passed them. */
  readonly newAlerts: readonly SeenAlert[];
  /** How far they reach: by partition, the first offset that is not among them. */
  readonly alertOffsets: readonly number[];
  /** Labelled events that the log has; null: the pipeline has no labels. */
  readonly labels: number | null;
  readonly flags: readonly PipelineFlag[];
  /** Event time of the log's first event: from when schedules count where no run was ever asked for. */
  readonly logBegan: number | null;
}

/** Why a run might be asked for, and what shows it. */
interface Ask {
  readonly cause: RunCause;
  readonly evidence: Readonly<Record<string, unknown>>;
}

const SEVERITIES: readonly Severity[] = ['info', 'warning', 'critical'];
/** Alerts that nobody waits for are passed this many at a time, for each passing is an event for ever. */
const PASSED_AT_ONCE = 256;

/**
 * Whether a new model is to be trained now.
 *
 * Nothing asks while a run or a rollout is under way, in the cool-down, with the flag `retraining` off, or with fewer labels than a
 * model is trained on. It is held back then, not
 * lost: an alert that still fires, labels that have come and a schedule's time that has passed ask when they may. An alert that was
 * resolved meanwhile is passed over, which is an event of its own. One that has asked and goes on firing, whatever became of the
 * run, asks again after each cool-down; without a cool-down it asks once.
 */
export function decideTriggers(input: TriggerInput): readonly Decision[] {
  const { clock, state } = input;
  if (clock === null) return [];
  const latest = new Map(input.newAlerts.map((seen) => [seen.alert.id, seen]));
  const firing = [...latest.values()].filter((seen) => seen.alert.state === 'firing' && asksBy(seen, input));
  const ask = mayAsk(input, clock) ? askNow(input, firing, clock) : undefined;
  const seen = passAlerts(input, firing, ask !== undefined);
  return [...seen, ...(ask === undefined ? [] : [requestRun(ask.cause, input.labels, ask.evidence, state)])];
}

/** A person asks: at once, whatever the cool-down says. */
export function decideManualRun(reason: string, labels: number | null, state: LifecycleState): readonly Decision[] {
  return [requestRun({ kind: 'manual', alertId: null, detail: reason }, labels, {}, state)];
}

/** A model made elsewhere is to serve if it passes the gates: a run with nothing to train. */
export function decideSubmission(
  candidate: Candidate,
  reason: string,
  labels: number | null,
  { labelsAtLastRun }: LifecycleState,
): Decision {
  const cause: RunCause = { kind: 'manual', alertId: null, detail: reason };
  return {
    change: { kind: 'run_requested', cause, labels: labels ?? labelsAtLastRun, candidate },
    version: null,
    summary: `A model made elsewhere is to be held to the gates (${candidate.trainer}): ${reason}.`,
    evidence: { sha256: candidate.sha256 },
  };
}

function requestRun(
  cause: RunCause,
  labels: number | null,
  evidence: Decision['evidence'],
  { labelsAtLastRun }: LifecycleState,
): Decision {
  return {
    change: { kind: 'run_requested', cause, labels: labels ?? labelsAtLastRun },
    version: null,
    summary: `A new model is to be trained (${cause.kind}): ${cause.detail}`,
    evidence,
  };
}

function mayAsk({ definition, state, flags, labels }: TriggerInput, clock: number): boolean {
  // A run would fail for want of rows, and be a failure of nobody.
  if (labels !== null && labels < definition.minRows) return false;
  if (state.run !== null || state.rollout !== null || isOff(flags, 'retraining')) return false;
  return state.lastRunAt === null || clock - state.lastRunAt >= definition.coolDownMs;
}

function isOff(flags: readonly PipelineFlag[], target: string): boolean {
  return flags.some((flag) => flag.target === target && !flag.on);
}

/** The trigger by which an alert asks. */
function asksBy({ alert }: SeenAlert, { definition, flags }: TriggerInput): RetrainTrigger | undefined {
  if (isOff(flags, `monitor:${alert.monitor}`)) return undefined;
  return definition.triggers.find(
    (trigger) =>
      trigger.on === alert.kind &&
      'severity' in trigger &&
      SEVERITIES.indexOf(alert.severity) >= SEVERITIES.indexOf(trigger.severity),
  );
}

/** The worst alert, else the first other trigger of the file. */
function askNow(input: TriggerInput, firing: readonly SeenAlert[], clock: number): Ask | undefined {
  const { definition, state } = input;
  const [worst] = firing
    .filter((seen) => definition.coolDownMs > 0 || !hasAsked(seen, state))
    .toSorted((a, b) => SEVERITIES.indexOf(b.alert.severity) - SEVERITIES.indexOf(a.alert.severity));
  if (worst !== undefined) {
    return { cause: causeOf(worst), evidence: { alerts: firing.map(({ alert }) => alert), clock } };
  }
  for (const trigger of definition.triggers) {
    const ask =
      trigger.on === 'labels'
        ? askByLabels(trigger.count, input)
        : trigger.on === 'schedule'
          ? askBySchedule(trigger.cron, input, clock)
          : undefined;
    if (ask !== undefined) return ask;
  }
  return undefined;
}

/** It was there when the last run was asked for. */
function hasAsked({ alert }: SeenAlert, { lastRunAt }: LifecycleState): boolean {
  return lastRunAt !== null && alert.window_end <= lastRunAt;
}

function causeOf({ alert }: SeenAlert): RunCause {
  // Only alerts of kinds that triggers name come here.
  return { kind: alert.kind as RunCause['kind'], alertId: alert.id, detail: alert.summary };
}

function askByLabels(count: number, { labels, state }: TriggerInput): Ask | undefined {
  const came = (labels ?? 0) - state.labelsAtLastRun;
  if (labels === null || came < count) return undefined;
  const detail = `${came} labels have come since the last run, ${count} ask for one.`;
  return { cause: { kind: 'labels', alertId: null, detail }, evidence: { labels, came, count } };
}

/** A gap over several of its times asks once. */
function askBySchedule(cron: string, { state, logBegan }: TriggerInput, clock: number): Ask | undefined {
  const since = state.lastRunAt ?? logBegan;
  const due = since === null ? null : cronAfter(parseCron(cron), since);
  if (due === null || due > clock) return undefined;
  const detail = `it is scheduled for ${new Date(due).toISOString()} (${cron}).`;
  return { cause: { kind: 'schedule', alertId: null, detail }, evidence: { cron, due, clock } };
}

/**
 * Up to the first alert that still fires and may ask again: that one is looked at anew. Told where an alert came and went
 * without a run, where a run is asked for, and otherwise only when there are many.
 */
function passAlerts(input: TriggerInput, firing: readonly SeenAlert[], asking: boolean): readonly Decision[] {
  const { state, newAlerts } = input;
  const offsets = input.alertOffsets.map((end, partition) =>
    firing
      .filter((seen) => seen.partition === partition)
      .reduce((least, { offset }) => Math.min(least, offset), Math.max(end, state.alertOffsets[partition] ?? 0)),
  );
  const passed = newAlerts.filter(({ partition, offset }) => offset < (offsets[partition] ?? 0));
  const resolved = new Set(passed.filter(({ alert }) => alert.state === 'resolved').map(({ alert }) => alert.id));
  const passedOver = passed.filter(
    (seen) =>
      seen.alert.state === 'firing' &&
      resolved.has(seen.alert.id) &&
      !hasAsked(seen, state) &&
      asksBy(seen, input) !== undefined,
  );
  const worthTelling = passedOver.length > 0 || (asking && passed.length > 0) || passed.length >= PASSED_AT_ONCE;
  if (!worthTelling) return [];
  const [first] = passedOver;
  return [
    {
      change: { kind: 'alerts_seen', offsets, passedOver: first === undefined ? null : causeOf(first) },
      version: null,
      summary:
        first === undefined
          ? `${passed.length} changes of alerts were looked at.`
          : `An alert came and went without a new model being trained, for ${whyHeldBack(input)}: ${first.alert.summary}`,
      evidence: { passedOver: passedOver.map(({ alert }) => alert.id) },
    },
  ];
}

function whyHeldBack({ state, flags }: TriggerInput): string {
  if (state.run !== null) return `${state.run.id} is under way`;
  if (state.rollout !== null) return `${state.rollout.id} is under way`;
  return isOff(flags, 'retraining') ? 'retraining is switched off' : 'the cool-down was not over';
}
