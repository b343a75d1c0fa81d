import { interpolate, isotonicRegression, type PiecewiseLinear } from '#domain/statistics';

/** What scores stand for: linear between the points (`scores` rise, `probabilities` do not fall), flat beyond them. */
export interface Calibration {
  readonly scores: readonly number[];
  readonly probabilities: readonly number[];
}

/** Fewer rows, or fewer of either kind, tell little of a probability: better to take scores as they are. */
const LEAST_ROWS = 100;
const LEAST_OF_A_KIND = 10;
const MOST_POINTS = 200;

/**
 * The share of rows that came true among those of a score, by isotonic regression (Zadrozny and Elkan 2002). Scores that a
 * model gave to rows that it was fitted on are surer than it is: give those of other rows.
 *
 * @param cameTrue 1 or 0 for each score
 * @returns null where there are too few rows to tell by: under 100, or under 10 of either kind
 */
export function fitCalibration(
  scores: ArrayLike<number>,
  cameTrue: ArrayLike<number>,
  mostPoints = MOST_POINTS,
): Calibration | null {
  if (scores.length !== cameTrue.length) throw new RangeError(`${scores.length} scores for ${cameTrue.length} labels`);
  let positives = 0;
  for (let i = 0; i < cameTrue.length; i++) positives += cameTrue[i]!;
  const fewest = Math.min(positives, scores.length - positives);
  if (scores.length < LEAST_ROWS || fewest < LEAST_OF_A_KIND) return null;
  const { xs, ys } = thinned(isotonicRegression(scores, cameTrue), mostPoints);
  return { scores: xs, probabilities: ys };
}

/** The probability that a score stands for. */
export function calibrated({ scores, probabilities }: Calibration, score: number): number {
  return interpolate({ xs: scores, ys: probabilities }, score);
}

/** Leaves out, one after another, the inner point that lies closest to the line between its neighbours. */
function thinned({ xs, ys }: PiecewiseLinear, most: number): PiecewiseLinear {
  const kept = xs.map((x, i) => ({ x, y: ys[i]! }));
  const gapAt = (i: number): number => {
    const [before, at, after] = [kept[i - 1]!, kept[i]!, kept[i + 1]!];
    return Math.abs(before.y + ((after.y - before.y) * (at.x - before.x)) / (after.x - before.x) - at.y);
  };
  while (kept.length > most) {
    let least = 1;
    let gap = gapAt(1);
    for (let i = 2; i < kept.length - 1; i++) {
      const other = gapAt(i);
      if (other < gap) [least, gap] = [i, other];
    }
    kept.splice(least, 1);
  }
  return { xs: kept.map(({ x }) => x), ys: kept.map(({ y }) => y) };
}
