import type { Measurement, MonitorDefinition } from '#contracts';
import { benjaminiHochberg } from '#domain/statistics';
import { predictionsIn, referenceOf } from '../log-windows.js';
import { judgeFigure, type Figure } from '../measurement.js';
import type { MonitorContext, MonitorFactory, QueryRow } from '../monitor.js';
import { countIn, numberIn, textIn } from '../query-row.js';
import { driftEvidence } from './drift-evidence.js';
import { driftQuery, sampled, scoreSubject, subjectsOf, type DriftRow } from './drift-query.js';
import { METRICS_OF, pValueOf, valueOf, type DriftMetric } from './drift-significance.js';

/** A feature that goes with the score less than this is none whose drift need be acted on. */
const IMPORTANT = 0.1;
/** A window before it that has fewer rows says too little of what is usual. */
const MOST_REFERENCE_ROWS_ASKED = 100;

const NAMES: Readonly<Record<DriftMetric, string>> = {
  psi: 'PSI',
  jensen_shannon: 'Jensen–Shannon distance',
  kolmogorov_smirnov: 'KS statistic',
  wasserstein: 'Wasserstein distance in standard deviations',
  chi_square: 'χ² per row',
  unseen_ratio: 'share of unseen categories',
};

type Drift = Extract<MonitorDefinition, { kind: 'drift' }>;

/**
 * Whether features and score are distributed as where the model was trained, or as in the window before. A bound counts
 * only where the difference is also no chance: after Benjamini and Hochberg over the subjects of the window. Bounds hold
 * for the method that the monitor names; other statistics are recorded, and judged where a rule names their subject.
 */
export const driftMonitor: MonitorFactory<'drift'> = (monitor, pipeline) => {
  const subjects = subjectsOf(monitor.features, pipeline.features, monitor.score);
  const score = scoreSubject(pipeline.features);

  /** Rows that the window is held against, as text after FROM. */
  function referenceIn(context: MonitorContext): string {
    if (isTrained(context)) return referenceOf(pipeline, context.model!.version);
    const { startMs, endMs } = context.window;
    return sampled(predictionsIn(pipeline, { ...context, window: { startMs: 2 * startMs - endMs, endMs: startMs } }));
  }
  const isTrained = ({ model }: MonitorContext): boolean =>
    monitor.reference === 'training' && model !== null && model.referenceRows > 0;

  return {
    definition: monitor,
    clock: 'events',
    query: (context) => driftQuery(subjects, referenceIn(context), sampled(predictionsIn(pipeline, context))),
    judge(rows, context) {
      const found = rows.map(driftRow);
      const against = isTrained(context)
        ? `the rows that model ${context.model!.version} was trained on`
        : 'the window before';
      const measured = subjects.flatMap(({ name }) => {
        const row = found.find(({ subject }) => subject === name);
        return row === undefined
          ? []
          : METRICS_OF[row.type].map((metric) => ({ metric, row, p: pValueOf(metric, row) }));
      });
      const isChosen = ({ metric, row }: (typeof measured)[number]): boolean => metric === methodFor(row.type, monitor);
      // One family of tests: what the monitor decides by. The other statistics are families of their own.
      const familyOf = (one: (typeof measured)[number]): string => (isChosen(one) ? '' : one.metric);
      const families = Map.groupBy(measured, familyOf);
      const qValues = new Map(
        [...families.values()].flatMap((family) => {
          const adjusted = benjaminiHochberg(family.map(({ p }) => p ?? NaN));
          return family.map((one, i) => [one, Number.isNaN(adjusted[i]) ? null : adjusted[i]!] as const);
        }),
      );
      const measurements = measured.map((one): Measurement => {
        const { metric, row, p } = one;
        const q = qValues.get(one) ?? null;
        const figure: Figure = {
          metric,
          subject: row.subject,
          value: valueOf(metric, row),
          referenceValue: metric === 'unseen_ratio' ? row.singletonRatio : null,
          pValue: p,
          qValue: q,
          rows: row.rows,
          referenceRows: row.referenceRows,
        };
        const rules = isChosen(one) ? monitor.rules : monitor.rules.filter(({ subject }) => subject === row.subject);
        const tooFewBefore = row.referenceRows < Math.min(monitor.minRows, MOST_REFERENCE_ROWS_ASKED);
        const judged = judgeFigure(
          figure,
          { ...monitor, rules },
          {
            severity: row.subject === score ? 'critical' : row.importance >= IMPORTANT ? 'warning' : 'info',
            counts: q !== null && q <= monitor.falseDiscoveryRate,
            enough: row.rows >= monitor.minRows && !tooFewBefore,
            name: `${NAMES[metric]} of ${row.subject}`,
          },
        );
        if (judged.verdict === 'ok') return judged;
        if (judged.verdict !== 'insufficient')
          return { ...judged, explanation: `${judged.explanation}; ${contextOf(row, q, against)}` };
        return tooFewBefore && row.rows >= monitor.minRows
          ? {
              ...judged,
              explanation: `${NAMES[metric]} of ${row.subject}: ${row.referenceRows} rows are too few to hold it against (${against})`,
            }
          : judged;
      });
      return { measurements };
    },
    evidenceQuery(measurement, context) {
      const subject = subjects.find(({ name }) => name === measurement.subject);
      if (subject === undefined) return null;
      return driftEvidence(
        subject,
        referenceIn(context),
        predictionsIn(pipeline, context),
        pipeline.monitoring?.slices ?? [],
      );
    },
  };
};

function methodFor(type: DriftRow['type'], monitor: Drift): DriftMetric {
  return type === 'number' ? monitor.numeric : monitor.categorical;
}

/** What it was held against, how sure it is, and what is plain to see. */
function contextOf(row: DriftRow, q: number | null, against: string): string {
  const missing = row.missingRatio ?? 0;
  const missingBefore = row.referenceMissingRatio ?? 0;
  const parts = [
    `${row.rows} rows against ${row.referenceRows} (${against})`,
    ...(q === null ? [] : [q < 1e-4 ? 'no chance (q < 0.0001)' : `q = ${Number(q.toPrecision(2))}`]),
    ...(Math.abs(missing - missingBefore) < 0.01
      ? []
      : [`missing in ${percent(missing)}, before in ${percent(missingBefore)}`]),
    ...((row.unseenRatio ?? 0) < 0.01 ? [] : [`unseen categories in ${percent(row.unseenRatio!)}`]),
  ];
  return parts.join('; ');
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}

/** Without rows on either side a figure is of nothing, whatever the query makes of it. */
function driftRow(row: QueryRow): DriftRow {
  const type = textIn(row, 'type') === 'string' ? 'string' : 'number';
  const referenceRows = countIn(row, 'reference_rows');
  const rows = countIn(row, 'rows');
  const figure = (column: string, of: DriftRow['type'] = type): number | null =>
    referenceRows === 0 || rows === 0 || of !== type ? null : numberIn(row, column);
  return {
    subject: textIn(row, 'subject'),
    type,
    referenceRows,
    rows,
    bins: countIn(row, 'bins'),
    psi: figure('psi'),
    jensenShannon: figure('jensen_shannon'),
    chiSquare: figure('chi_square'),
    kolmogorovSmirnov: figure('kolmogorov_smirnov', 'number'),
    wasserstein: figure('wasserstein', 'number'),
    unseenRatio: figure('unseen_ratio', 'string'),
    singletonRatio: figure('singleton_ratio', 'string'),
    referenceMissingRatio: numberIn(row, 'reference_missing_ratio'),
    missingRatio: numberIn(row, 'missing_ratio'),
    importance: numberIn(row, 'importance') ?? 0,
  };
}
