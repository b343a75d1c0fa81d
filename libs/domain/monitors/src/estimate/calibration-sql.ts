import type { MonitoredModel } from '../monitor.js';

/**
 * The probability that a score stands for, as an expression over a column: linear between the calibration's points, flat
 * beyond them, and the score itself where the model came without.
 *
 * @param calibration its scores rise
 */
export function calibratedSql(score: string, calibration: MonitoredModel['calibration']): string {
  if (calibration === null || calibration.scores.length === 0) return `least(greatest(${score}, 0), 1)`;
  const { scores, probabilities } = calibration;
  const [first] = probabilities;
  if (scores.length === 1) return String(first!);
  const slopes = scores.map((from, i) =>
    i + 1 < scores.length ? (probabilities[i + 1]! - probabilities[i]!) / (scores[i + 1]! - from) : 0,
  );
  // The point at or below, found by halving; what lies below the first is taken for the first.
  const inRange = `greatest(${score}, ${spelled(scores[0]!)})`;
  const point = `roundDown(${inRange}, ${list(scores)})`;
  const at = (values: readonly number[]): string => `transform(${point}, ${list(scores)}, ${list(values)}, nan)`;
  return `(${at(probabilities)} + (${inRange} - ${point}) * ${at(slopes)})`;
}

const list = (values: readonly number[]): string => `[${values.map(spelled).join(', ')}]`;

/** With a point or an exponent, so that it is a Float64 like every other of its list. */
function spelled(value: number): string {
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.`;
}
