import type { Measurement, MonitorDefinition } from '#contracts';
import { evidenceSelect, examplesOf, slicesOf } from '../evidence.js';
import { outcomesBetween } from '../log-windows.js';
import { judgeFigure } from '../measurement.js';
import type { MonitorContext, MonitorFactory, QueryRow } from '../monitor.js';
import { ERRORS } from './errors.js';
import { followErrors, type DetectorProgress, type ErrorChange } from './follow-errors.js';

type ConceptMonitor = Extract<MonitorDefinition, { kind: 'concept' }>;

/** What is remembered from one evaluation to the next. */
interface ConceptMemory {
  /** Per partition of the outcomes topic, the first offset that the detector was not given. */
  readonly fed: readonly number[];
  readonly progress: DetectorProgress;
}

/** Of those that came since the last evaluation, the newest. More, as of a log that was never watched, tell no more. */
const MOST_OUTCOMES = 1_000_000;

/**
 * Whether the errors of the model have become more or fewer, by a detector that is given each outcome once, in the order
 * in which labels became known. `change` is 1 where they rose within what came since the last evaluation, −1 where they
 * only fell, else 0.
 */
export const conceptMonitor: MonitorFactory<'concept'> = (monitor, pipeline) => {
  const { error, unit, isWrong } = ERRORS[pipeline.model.task];
  return {
    definition: monitor,
    clock: 'labels',

    query(context, memory) {
      const columns = ['event_id', 'label_time', 'label_rank', `${error} AS error`];
      const fresh = outcomesBetween(pipeline, fedUntil(context, memory), context.cut, columns);
      const newest = 'label_time DESC, event_id DESC, label_rank DESC';
      return (
        'SELECT arrayReverse(groupArray(error)) AS errors ' +
        `FROM (SELECT error FROM ${fresh} WHERE isFinite(error) ORDER BY ${newest} LIMIT ${MOST_OUTCOMES})`
      );
    },

    judge(rows, context, memory) {
      const errors = errorsIn(rows);
      const { progress, changes, seen } = followErrors(monitor.detector, rememberedIn(memory)?.progress, errors);
      const remembered: ConceptMemory = { fed: context.cut.outcomes, progress };
      return { measurements: [figureOf(monitor, unit, errors.length, seen, changes)], memory: remembered };
    },

    evidenceQuery(_, context) {
      const from = outcomesBetween(pipeline, context.cutBefore?.outcomes ?? [], context.cut);
      const slices = slicesOf(pipeline.monitoring ?? { slices: [] }, from, `avg(${error})`, { minRows: 20 });
      return evidenceSelect({
        ...(slices !== undefined && { slices }),
        examples: examplesOf(from, 'label_time DESC', isWrong),
      });
    },
  };
};

function figureOf(
  monitor: ConceptMonitor,
  unit: string,
  rows: number,
  seen: number,
  changes: readonly ErrorChange[],
): Measurement {
  // The newest rise: a fall after it is how it ended. Else the newest fall.
  const change = changes.findLast(({ before, after }) => after > before) ?? changes.at(-1);
  const rose = change !== undefined && change.after > change.before;
  const measurement = judgeFigure(
    { metric: 'change', value: change === undefined ? 0 : rose ? 1 : -1, rows, referenceValue: change?.before ?? null },
    monitor,
    { severity: 'critical', enough: change !== undefined || seen >= monitor.minRows },
  );
  if (measurement.verdict === 'ok') return measurement;
  if (change === undefined) {
    return { ...measurement, explanation: `${seen} outcomes are too few to tell whether the errors change` };
  }
  const told = `${unit} ${rose ? 'rose' : 'fell'} from ${shown(change.before)} to ${shown(change.after)}`;
  const by = monitor.detector.kind === 'adwin' ? 'ADWIN' : 'Page–Hinkley';
  return { ...measurement, explanation: `${told}, ${change.outcomesAgo} outcomes ago (${by})` };
}

/** Without a memory: what had come when the window began, for older errors say nothing of it. */
function fedUntil({ cutBefore }: MonitorContext, memory: unknown): readonly number[] {
  return rememberedIn(memory)?.fed ?? cutBefore?.outcomes ?? [];
}

function rememberedIn(memory: unknown): ConceptMemory | undefined {
  return (memory ?? undefined) as ConceptMemory | undefined;
}

function errorsIn(rows: readonly QueryRow[]): readonly number[] {
  const errors = rows[0]?.['errors'];
  return Array.isArray(errors) ? errors.map(Number) : [];
}

function shown(value: number): string {
  return String(Number(value.toPrecision(3)));
}
