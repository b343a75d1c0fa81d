export { benjaminiHochberg } from './benjamini-hochberg.js';
export { regularizedBeta } from './beta.js';
export { bootstrapCounts, quantileOf } from './bootstrap-counts.js';
export { chiSquareQuantile, chiSquareSurvival } from './chi-square.js';
export {
  logEvidenceAbove,
  logEvidenceBelow,
  lowerConfidenceSequence,
  upperConfidenceSequence,
  type SequenceSettings,
  type TermSums,
} from './confidence-sequence.js';
export { logGamma, regularizedGammaP, regularizedGammaQ } from './gamma.js';
export { deLong, hanleyMcNeil, meanInterval, prAucInterval, wilson, type Interval } from './interval.js';
export { interpolate, isotonicRegression, type PiecewiseLinear } from './isotonic.js';
export { kolmogorovSmirnovPValue, kolmogorovSmirnovSurvival, kolmogorovSurvival } from './kolmogorov-smirnov.js';
export { logGammaExponentialMixture, logNormalMixture, tunedFor } from './mixture-supermartingale.js';
export { normalCdf, normalQuantile, normalSurvival } from './normal.js';
export { seededUniforms } from './random.js';
export { studentTQuantile, studentTSurvival } from './student-t.js';
