import type { GatedRows, ScoredHoldout } from './gated-rows.js';
import type { DecisionRule, FeatureRow, GateScores, Scorer } from './scorer.js';

/** Rows that are scored before anybody is asked whether to go on. */
const BATCH = 4_096;

/** @throws the signal's reason once it is aborted */
export async function holdoutScores(
  { task, threshold }: DecisionRule,
  holdout: GatedRows,
  candidate: Scorer,
  champion: { readonly version: string; readonly score: Scorer } | null,
  signal?: AbortSignal,
): Promise<ScoredHoldout> {
  const rows = holdout.rows.map(({ features }) => features);
  return {
    slices: holdout.slices,
    rows: holdout.rows,
    task,
    threshold,
    candidate: await scoreAll(candidate, rows, signal),
    champion: champion && { version: champion.version, scores: await scoreAll(champion.score, rows, signal) },
  };
}

async function scoreAll(score: Scorer, rows: readonly FeatureRow[], signal?: AbortSignal): Promise<GateScores> {
  const scores = new Float64Array(rows.length);
  const problems = new Map<number, string>();
  let classScores: Float64Array | null = null;
  for (let first = 0; first < rows.length; first += BATCH) {
    signal?.throwIfAborted();
    const batch = rows.slice(first, first + BATCH);
    const given = await score(batch);
    scores.set(Array.from(given.scores), first);
    for (const [row, problem] of given.problems) problems.set(first + row, problem);
    if (given.classScores === null) continue;
    const classes = given.classScores.length / batch.length;
    classScores ??= new Float64Array(rows.length * classes);
    classScores.set(Array.from(given.classScores), first * classes);
  }
  return { scores, classScores, problems };
}
