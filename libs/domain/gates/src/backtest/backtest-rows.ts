import { compareModels, rowsScoredBy, type ModelComparison } from '../compare-models.js';
import type { DecisionRule, GateScores, Scorer } from '../scorer.js';
import { flipsOf, type Flips } from './decision-flips.js';
import type { LoggedRow } from './logged-row.js';
import { ReplayAccount, type VersionReplay } from './replay-account.js';
import { RowsSeen } from './rows-seen.js';
import { distributionOf, populationStability, type ScoreDistribution } from './score-distribution.js';

export interface BacktestSettings {
  readonly rule: DecisionRule;
  /** Columns of the log, as the rows have their values. */
  readonly slices: readonly string[];
  /** How far a replayed score may lie from the stored one. */
  readonly tolerance: number;
  /** By which both models are compared on the rows whose labels have come; all where several are given. */
  readonly metrics: readonly string[];
  readonly confidence: number;
  /** What computes the scores here. */
  readonly runtime: ScoreRuntime;
}

/** Scores may differ in their last digits from one version, or one kind of processor, to another. */
export interface ScoreRuntime {
  readonly name: string;
  readonly version: string;
  readonly provider: string;
}

export interface BacktestModels {
  /** The version that made a prediction; null and why: it cannot be had. Asked once per version. */
  incumbent(version: string): Promise<{ readonly score: Scorer } | { readonly missing: string }>;
  /** Null: only the incumbents are replayed. */
  readonly candidate: Scorer | null;
}

export interface BacktestHooks {
  readonly signal?: AbortSignal;
  readonly onProgress?: (rows: number) => void;
}

/** What a candidate would have done. */
export interface CandidateReplay {
  readonly unscored: number;
  readonly firstProblem: string | null;
  readonly flips: Flips;
  /** Of the candidate's scores against the served ones. */
  readonly psi: number | null;
  readonly served: ScoreDistribution | null;
  readonly scores: ScoreDistribution | null;
}

export interface BacktestReport {
  readonly rows: number;
  /** Event time of the first and last row, ms; null without rows. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
  readonly tolerance: number;
  readonly runtime: ScoreRuntime;
  readonly versions: readonly VersionReplay[];
  readonly labelled: number;
  readonly candidate: CandidateReplay | null;
  /** Candidate (else: nothing) against what was served, on realised labels. */
  readonly comparisons: readonly ModelComparison[];
}

/**
 * Replays logged predictions, first through the versions that made them, as a proof that stored scores come out again, then through
 * the candidate. A row leaves some numbers behind (scores, label, its slices' indexes), its features go.
 *
 * @param batches in the order of event time
 * @throws the signal's reason once it is aborted
 */
export async function backtestRows(
  batches: AsyncIterable<readonly LoggedRow[]>,
  settings: BacktestSettings,
  models: BacktestModels,
  { signal, onProgress }: BacktestHooks = {},
): Promise<BacktestReport> {
  const { rule, tolerance } = settings;
  const accounts = new Map<string, { readonly account: ReplayAccount; readonly model: Incumbent }>();
  const seen = new RowsSeen(settings.slices);
  for await (const batch of batches) {
    signal?.throwIfAborted();
    const byVersion = Map.groupBy(batch, ({ version }) => version);
    for (const [version, rows] of byVersion) {
      const known = accounts.get(version) ?? {
        account: new ReplayAccount(version, tolerance),
        model: await models.incumbent(version),
      };
      accounts.set(version, known);
      const { account, model } = known;
      if ('missing' in model) {
        for (const _ of rows) account.pass();
        continue;
      }
      const scores = await model.score(rows.map(({ features }) => features));
      for (const [at, row] of rows.entries()) account.add(row, scores, at);
    }
    seen.add(batch, models.candidate === null ? null : await models.candidate(batch.map(({ features }) => features)));
    onProgress?.(seen.rows);
  }
  const served = seen.servedScores();
  const candidate = models.candidate === null ? null : seen.candidateScores();
  return {
    rows: seen.rows,
    fromMs: seen.rows === 0 ? null : seen.fromMs,
    toMs: seen.rows === 0 ? null : seen.toMs,
    tolerance,
    runtime: settings.runtime,
    versions: [...accounts.values()].map(({ account, model }) =>
      account.result('missing' in model ? model.missing : null),
    ),
    labelled: seen.labelled().length,
    candidate: candidate && candidateReplay(rule, seen, served, candidate),
    comparisons: candidate === null ? [] : compare(settings, seen, served, candidate),
  };
}

type Incumbent = Awaited<ReturnType<BacktestModels['incumbent']>>;

function candidateReplay(
  rule: DecisionRule,
  seen: RowsSeen,
  served: GateScores,
  candidate: GateScores,
): CandidateReplay {
  const both = rowsScoredBy(seen.rows, [served, candidate]);
  const scoresOf = ({ scores }: GateScores): Float64Array => Float64Array.from(both, (row) => scores[row]!);
  const [before, after] = [scoresOf(served), scoresOf(candidate)];
  return {
    unscored: candidate.problems.size,
    firstProblem: [...candidate.problems.values()][0] ?? null,
    flips: flipsOf(rule, seen, served, candidate, both),
    psi: both.length === 0 ? null : populationStability(before, after),
    served: both.length === 0 ? null : distributionOf(before),
    scores: both.length === 0 ? null : distributionOf(after),
  };
}

function compare(
  { rule, metrics, confidence }: BacktestSettings,
  seen: RowsSeen,
  served: GateScores,
  candidate: GateScores,
): readonly ModelComparison[] {
  const labelled = seen.labelled();
  if (labelled.length === 0) return [];
  const labels = Float64Array.from(labelled, (row) => seen.label(row));
  const [own, other] = [seen.only(candidate, labelled), seen.only(served, labelled)];
  return metrics.map((metric) => compareModels(metric, rule, labels, own, other, confidence));
}
