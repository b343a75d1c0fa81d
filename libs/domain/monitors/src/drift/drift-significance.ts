import type { CategoricalDriftMethod, NumericDriftMethod } from '#contracts';
import { chiSquareSurvival, kolmogorovSmirnovPValue, regularizedGammaP } from '#domain/statistics';
import type { DriftRow } from './drift-query.js';

export type DriftMetric = NumericDriftMethod | CategoricalDriftMethod;

/** In the order in which they are reported. */
export const METRICS_OF = {
  number: ['psi', 'jensen_shannon', 'kolmogorov_smirnov', 'wasserstein'],
  string: ['psi', 'jensen_shannon', 'chi_square', 'unseen_ratio'],
} as const satisfies Readonly<Record<DriftRow['type'], readonly DriftMetric[]>>;

export function valueOf(metric: DriftMetric, row: DriftRow): number | null {
  switch (metric) {
    case 'psi':
      return row.psi;
    case 'jensen_shannon':
      return row.jensenShannon;
    case 'kolmogorov_smirnov':
      return row.kolmogorovSmirnov;
    case 'wasserstein':
      return row.wasserstein;
    case 'chi_square':
      return row.chiSquare;
    case 'unseen_ratio':
      return row.unseenRatio;
  }
}

/**
 * The probability of a figure as large where window and reference are drawn from one distribution; null without a figure.
 *
 * - χ²: Pearson's test of homogeneity, B − 1 degrees of freedom for B bins.
 * - PSI: PSI / (1/n + 1/m) has the same distribution (Yurdakul and Naranjo 2020).
 * - Jensen–Shannon: its square is to second order an eighth of the same sum, in nats: 8 ln 2 · d² / (1/n + 1/m). With
 *   fewer than five rows for a bin it is too sure: at 100 rows in 40 categories 8 % are below 0.01 by chance, at 1,000
 *   rows 2 %. PSI's half rows keep it from that.
 * - KS: exact for few rows, else its limit. Wasserstein: by the KS statistic of the same values, whose distribution does
 *   not depend on theirs: what is moved far enough to matter moves the distribution function as well.
 * - Unseen: as many rows of categories that the reference lacks, where the share of what is unseen is as Good and Turing
 *   estimate it: that of the categories which the reference has once (one more at least). Poisson.
 */
export function pValueOf(metric: DriftMetric, row: DriftRow): number | null {
  const value = valueOf(metric, row);
  if (value === null) return null;
  const spread = 1 / row.referenceRows + 1 / row.rows;
  switch (metric) {
    case 'psi':
    case 'chi_square':
      return chiSquareSurvival(value / spread, row.bins - 1);
    case 'jensen_shannon':
      return chiSquareSurvival((8 * Math.LN2 * value ** 2) / spread, row.bins - 1);
    case 'kolmogorov_smirnov':
    case 'wasserstein':
      return row.kolmogorovSmirnov === null
        ? null
        : kolmogorovSmirnovPValue(row.kolmogorovSmirnov, row.referenceRows, row.rows);
    case 'unseen_ratio': {
      const unseen = Math.round(value * row.rows);
      const expected = row.rows * Math.max(row.singletonRatio ?? 0, 1 / row.referenceRows);
      return unseen === 0 ? 1 : regularizedGammaP(unseen, expected);
    }
  }
}
