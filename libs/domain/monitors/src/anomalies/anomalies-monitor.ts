import { sqlIdentifier } from '#contracts';
import { meanInterval, wilson } from '#domain/statistics';
import { evidenceSelect, examplesOf, slicesOf } from '../evidence.js';
import { instant, predictionsIn } from '../log-windows.js';
import { judgeFigure, type Figure } from '../measurement.js';
import type { MonitorContext, MonitorFactory } from '../monitor.js';
import { countIn, numberIn } from '../query-row.js';

const CONFIDENCE = 0.95;
/** Slices of fewer rows are left out of the evidence: their figures are noise. */
const SMALLEST_SLICE = 30;

/**
 * What the model answers, beside what it answered in the window before (`referenceValue`): mean and standard deviation
 * (of all rows, not of a sample) of the score, the share of positive decisions (binary classification), how many
 * different scores there are (1: the same answer to everything), and how many predictions came for one in the window before.
 */
export const anomaliesMonitor: MonitorFactory<'anomalies'> = (monitor, pipeline) => {
  const isBinary = pipeline.model.task === 'binary-classification';

  /** The window and the one before. */
  const bothWindows = (context: MonitorContext): MonitorContext => {
    const { startMs, endMs } = context.window;
    return { ...context, window: { startMs: 2 * startMs - endMs, endMs } };
  };

  return {
    definition: monitor,
    clock: 'events',
    query: (context) => `SELECT
  is_before,
  count() AS rows,
  avg(score) AS score_mean,
  stddevPopStable(score) AS score_standard_deviation,
  countIf(decision = 'positive') AS positives,
  uniqExact(score) AS distinct_scores
FROM ${predictionsIn(pipeline, bothWindows(context))}
GROUP BY event_time < ${instant(context.window.startMs)} AS is_before
ORDER BY is_before`,
    judge(rows) {
      const now = rows.find((row) => countIn(row, 'is_before') === 0);
      const before = rows.find((row) => countIn(row, 'is_before') === 1);
      const count = countIn(now, 'rows');
      const countBefore = countIn(before, 'rows');
      const both = (
        metric: string,
      ): Pick<Figure, 'metric' | 'value' | 'referenceValue' | 'rows' | 'referenceRows'> => ({
        metric,
        value: numberIn(now, metric),
        referenceValue: numberIn(before, metric),
        rows: count,
        referenceRows: countBefore,
      });
      const deviation = numberIn(now, 'score_standard_deviation');
      const mean = numberIn(now, 'score_mean');
      const around = mean === null || deviation === null ? null : meanInterval(mean, deviation ** 2, count, CONFIDENCE);
      const positives = countIn(now, 'positives');
      const share = count === 0 ? null : wilson(positives, count, CONFIDENCE);
      const judged = (figure: Figure, severity: 'warning' | 'critical', enough?: boolean) =>
        judgeFigure(figure, monitor, { severity, ...(enough === undefined ? {} : { enough }) });
      return {
        measurements: [
          judged({ ...both('score_mean'), low: around?.low ?? null, high: around?.high ?? null }, 'critical'),
          judged(both('score_standard_deviation'), 'critical'),
          ...(isBinary
            ? [
                judged(
                  {
                    ...both('positive_ratio'),
                    value: count === 0 ? null : positives / count,
                    referenceValue: countBefore === 0 ? null : countIn(before, 'positives') / countBefore,
                    low: share?.low ?? null,
                    high: share?.high ?? null,
                  },
                  'critical',
                ),
              ]
            : []),
          judged(both('distinct_scores'), 'critical'),
          // Few rows after many are what it looks for.
          judged(
            { ...both('rate_ratio'), value: countBefore === 0 ? null : count / countBefore, referenceValue: null },
            'warning',
            Math.max(count, countBefore) >= monitor.minRows,
          ),
        ],
      };
    },
    evidenceQuery({ metric, value, referenceValue }, context) {
      const predictions = predictionsIn(pipeline, context);
      const isLow = value !== null && referenceValue !== null && value < referenceValue;
      const [aggregate, order] = SHOWN[metric] ?? ['count()', 'event_time DESC'];
      const slices = slicesOf(pipeline.monitoring ?? { slices: [] }, predictions, aggregate, {
        minRows: SMALLEST_SLICE,
        lowestFirst: isLow || metric === 'distinct_scores',
      });
      return evidenceSelect({
        ...(slices === undefined ? {} : { slices }),
        examples: examplesOf(
          predictions,
          order === SCORE ? `${sqlIdentifier('score')} ${isLow ? 'ASC' : 'DESC'}` : order,
        ),
      });
    },
  };
};

const SCORE = 'score';

/** By metric: what is told of each slice, and which predictions come first. */
const SHOWN: Readonly<Record<string, readonly [aggregate: string, order: string]>> = {
  score_mean: ['avg(score)', SCORE],
  score_standard_deviation: ['stddevPopStable(score)', SCORE],
  positive_ratio: ["countIf(decision = 'positive') / count()", SCORE],
  distinct_scores: ['uniqExact(score)', 'event_time DESC'],
};
