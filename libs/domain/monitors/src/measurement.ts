import type { Measurement, MetricRule, MonitorDefinition, Severity, Verdict } from '#contracts';

const ORDER: readonly Verdict[] = ['insufficient', 'ok', 'info', 'warning', 'critical'];

/** A figure before it is held against the rules. */
export type Figure = Pick<Measurement, 'metric' | 'value' | 'rows'> &
  Partial<Omit<Measurement, 'metric' | 'value' | 'rows' | 'verdict' | 'threshold' | 'recovered' | 'explanation'>>;

export interface Judging {
  /** Of a rule that names none. */
  readonly severity: Severity;
  /** A bound that is crossed counts only then: e.g. what is significant. Left out: always. */
  readonly counts?: boolean;
  /** Left out: rows against the monitor's `minRows`. */
  readonly enough?: boolean;
  /** For a person: what the figure is, e.g. `PSI of nsw_price`. Left out: metric, subject and slice. */
  readonly name?: string;
}

/** Holds a figure against a monitor's rules. The highest severity whose bound is crossed decides. */
export function judgeFigure(
  figure: Figure,
  { rules, minRows, hysteresis }: Pick<MonitorDefinition, 'rules' | 'minRows' | 'hysteresis'>,
  { severity, counts = true, enough = figure.rows >= minRows, name }: Judging,
): Measurement {
  const full = {
    subject: '',
    slice: '',
    referenceValue: null,
    low: null,
    high: null,
    pValue: null,
    qValue: null,
    referenceRows: null,
    coverage: null,
    ...figure,
  };
  const mine = rules.filter(
    ({ metric, subject }) => metric === full.metric && (subject === undefined || subject === full.subject),
  );
  const told =
    name ??
    [full.metric, full.subject && `of ${full.subject}`, full.slice && `where ${full.slice}`].filter(Boolean).join(' ');
  if (full.value === null || !Number.isFinite(full.value) || !enough) {
    const why = enough ? `${told} has no value` : `${told}: ${full.rows} rows are too few`;
    return { ...full, verdict: 'insufficient', threshold: null, recovered: false, explanation: why };
  }
  const value = full.value;
  const crossed = mine
    .flatMap((rule) => crossings(rule, value, severity))
    .toSorted((a, b) => ORDER.indexOf(b.severity) - ORDER.indexOf(a.severity))[0];
  if (crossed !== undefined && counts) {
    return {
      ...full,
      verdict: crossed.severity,
      threshold: crossed.bound,
      recovered: false,
      explanation: `${told} is ${shown(value)}, ${crossed.side} ${shown(crossed.bound)}`,
    };
  }
  return {
    ...full,
    verdict: 'ok',
    threshold: nearest(mine, value),
    recovered: !counts || mine.every((rule) => isWellWithin(rule, value, hysteresis)),
    explanation: '',
  };
}

interface Crossing {
  readonly severity: Severity;
  readonly bound: number;
  readonly side: 'above' | 'below';
}

function crossings(
  { above, below, severity: own }: MetricRule,
  value: number,
  severity: Severity,
): readonly Crossing[] {
  const found: Crossing[] = [];
  if (above !== undefined && value > above) found.push({ severity: own ?? severity, bound: above, side: 'above' });
  if (below !== undefined && value < below) found.push({ severity: own ?? severity, bound: below, side: 'below' });
  return found;
}

function isWellWithin({ above, below }: MetricRule, value: number, hysteresis: number): boolean {
  return (
    (above === undefined || value <= above - Math.abs(above) * hysteresis) &&
    (below === undefined || value >= below + Math.abs(below) * hysteresis)
  );
}

function nearest(rules: readonly MetricRule[], value: number): number | null {
  const bounds = rules.flatMap(({ above, below }) => [above, below].filter((bound) => bound !== undefined));
  return bounds.toSorted((a, b) => Math.abs(a - value) - Math.abs(b - value))[0] ?? null;
}

function shown(value: number): string {
  return String(Number(value.toPrecision(4)));
}
