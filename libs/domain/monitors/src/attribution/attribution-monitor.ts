import { databaseOf, sqlIdentifier, sqlString, type Measurement } from '#contracts';
import { evidenceSelect, examplesOf } from '../evidence.js';
import { instant, known, within } from '../log-windows.js';
import { judgeFigure, type Figure } from '../measurement.js';
import type { MonitorContext, MonitorFactory, Window } from '../monitor.js';
import { countIn, numberIn, textIn } from '../query-row.js';
import { ndcg, sharesOf, totalVariation, type Importance } from './importance-change.js';

/** Fewer explanations to hold a window against than this say too little of what is usual. */
const MOST_REFERENCE_ROWS_ASKED = 100;

/**
 * Whether the features matter as they did: the model is the same, but other features decide. Of the explanations of one version:
 *
 * - `ndcg`: how much of the order of the features is as it was; `total_variation`: the part of all contributions that went from some
 *   features to others.
 * - per feature, `importance`: its mean |contribution|, in the unit that is explained; `share_change`: by how much its share in all
 *   contributions changed.
 *
 * Only the sample is looked at, where the pipeline takes one: what an expression chooses is no picture of all. An explanation comes to
 * the log after its prediction: one that came after the evaluation, for all of `delayMs`, is in the figures of a repetition.
 */
export const attributionMonitor: MonitorFactory<'attribution'> = (monitor, pipeline) => {
  const table = `${sqlIdentifier(databaseOf(pipeline.name))}.explanations`;
  const isSampled = (pipeline.explain?.sample ?? 0) > 0;

  /** Explanations of the version, of predictions that were known, as text after FROM; with the prediction's place as the log names it. */
  function explanationsIn({ cut, model }: MonitorContext, where: string): string {
    return (
      `(SELECT event_id, event_time, trace_id, contributions, prediction_partition AS log_partition, prediction_offset AS log_offset` +
      ` FROM ${table} WHERE ${where} AND model_version = ${sqlString(model?.version ?? '')}` +
      `${isSampled ? " AND why = 'sample'" : ''}` +
      ` AND ${known('prediction_partition', 'prediction_offset', cut.predictions)})`
    );
  }

  const ofWindow = (context: MonitorContext): string => explanationsIn(context, within('event_time', context.window));

  function ofReference(context: MonitorContext): string {
    const { startMs, endMs } = context.window;
    const before: Window = { startMs: 2 * startMs - endMs, endMs: startMs };
    if (monitor.reference === 'previous') return explanationsIn(context, within('event_time', before));
    // The version's first window: never beyond the beginning of the one that is held against it.
    const first = `(SELECT min(event_time) FROM ${explanationsIn(context, '1')})`;
    return explanationsIn(
      context,
      `event_time < ${instant(startMs)} AND event_time < ${first} + toIntervalMillisecond(${endMs - startMs})`,
    );
  }

  const against = monitor.reference === 'previous' ? 'the window before' : "the version's first window";

  return {
    definition: monitor,
    clock: 'events',
    query: (context) => `SELECT feature, countIf(here) AS rows, countIf(NOT here) AS reference_rows,
  avgIf(abs(contribution), here) AS importance, avgIf(abs(contribution), NOT here) AS reference_importance
FROM (
  SELECT true AS here, contributions FROM ${ofWindow(context)}
  UNION ALL
  SELECT false AS here, contributions FROM ${ofReference(context)})
ARRAY JOIN contributions.feature AS feature, contributions.contribution AS contribution
GROUP BY feature
ORDER BY importance DESC, feature`,
    judge(rows) {
      const explained = Math.max(0, ...rows.map((row) => countIn(row, 'rows')));
      const before = Math.max(0, ...rows.map((row) => countIn(row, 'reference_rows')));
      const tooFewBefore = before < Math.min(monitor.minRows, MOST_REFERENCE_ROWS_ASKED);
      const importances = rows.map((row): Importance => ({
        feature: textIn(row, 'feature'),
        reference: numberIn(row, 'reference_importance') ?? 0,
        value: numberIn(row, 'importance') ?? 0,
      }));
      const isKnown = explained > 0 && before > 0;
      const judged = (figure: Omit<Figure, 'rows' | 'referenceRows'>, name: string): Measurement => {
        const judgement = judgeFigure({ ...figure, rows: explained, referenceRows: before }, monitor, {
          severity: figure.subject === undefined ? 'warning' : 'info',
          enough: explained >= monitor.minRows && !tooFewBefore,
          name,
        });
        const { verdict } = judgement;
        if (verdict === 'ok') return judgement;
        if (verdict === 'insufficient') {
          const explanation = `${name}: ${before} explanations are too few to hold it against (${against})`;
          return explained >= monitor.minRows && tooFewBefore ? { ...judgement, explanation } : judgement;
        }
        const told = `${judgement.explanation}; ${explained} explanations against ${before} (${against}); ${largestChange(importances)}`;
        return { ...judgement, explanation: told };
      };
      const value = (figure: number | null): number | null => (isKnown ? figure : null);
      return {
        measurements: [
          judged({ metric: 'ndcg', value: value(ndcg(importances)) }, 'NDCG of the order of the features'),
          judged(
            { metric: 'total_variation', value: value(totalVariation(importances)) },
            'total variation of what features contribute',
          ),
          ...importances.map(({ feature, reference, value: importance }) =>
            judged(
              {
                metric: 'importance',
                subject: feature,
                value: explained > 0 ? importance : null,
                referenceValue: before > 0 ? reference : null,
              },
              `importance of ${feature}`,
            ),
          ),
          ...sharesOf(importances).map(({ feature, reference, value: share }) =>
            judged(
              {
                metric: 'share_change',
                subject: feature,
                value: value(share === null || reference === null ? null : Math.abs(share - reference)),
                referenceValue: reference,
              },
              `change of the share of ${feature}`,
            ),
          ),
        ],
      };
    },
    evidenceQuery({ subject }, context) {
      const of = subject === '' ? '1' : `one.feature = ${sqlString(subject)}`;
      const size = `arraySum(one -> if(${of}, abs(one.contribution), 0), contributions)`;
      return evidenceSelect({ examples: examplesOf(ofWindow(context), `${size} DESC`) });
    },
  };
};

/** The feature whose share changed most, for a person. */
function largestChange(importances: readonly Importance[]): string {
  const changes = sharesOf(importances).map(({ feature, reference, value }) => ({
    feature,
    reference: reference ?? 0,
    value: value ?? 0,
  }));
  const [most] = changes.toSorted((a, b) => Math.abs(b.value - b.reference) - Math.abs(a.value - a.reference));
  return most === undefined ? '' : `${most.feature} makes up ${percent(most.value)}, before ${percent(most.reference)}`;
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}
