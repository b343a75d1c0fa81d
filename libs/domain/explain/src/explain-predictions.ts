import type { ExplanationRecord, ModelVersion, PredictionRecord } from '#contracts';
import type { FeatureRow } from '#domain/trained-model';
import { compileExplanation } from './explain-model.js';
import { checkAdditivity, NotAdditive, type Explanation } from './explanation.js';
import { ExplainerUnreadable, readTrainedModel } from './read-trained-model.js';
import { backgroundOf, planSampling } from './sampling-shap.js';
import { Unexplainable } from './unexplainable.js';

/** A model of which nothing is known but its scores. */
export interface Scorer {
  /** As ModelScores of libs/platform/onnx. */
  score(rows: readonly FeatureRow[]): Promise<{
    readonly scores: ArrayLike<number>;
    readonly classScores: ArrayLike<number> | null;
    readonly problems: ReadonlyMap<number, string>;
  }>;
  release(): Promise<void>;
}

/** Where the artifacts of a version are had from. All methods reject with Retriable while the store is away. */
export interface ExplanationSources {
  /** JSON of the trained model. */
  explainer(of: NonNullable<ModelVersion['explainer']>): Promise<string>;
  /** Features of the rows that the model was trained on, or of a sample of them. */
  referenceRows(of: NonNullable<ModelVersion['reference']>): Promise<readonly PredictionRecord['features'][]>;
  scorer(of: ModelVersion): Promise<Scorer>;
}

/** What of a prediction is needed to explain it. */
export type ExplainedPrediction = Pick<PredictionRecord, 'event_id' | 'features' | 'score' | 'decision'>;

/** An explanation that names its features. */
export interface PredictionExplanation extends Omit<Explanation, 'contributions'> {
  /** Every feature's contribution, in the order in which the version takes them. */
  readonly contributions: ExplanationRecord['contributions'];
}

/** Explains predictions of one model version. Holds what it loaded: `release` it. */
export interface PredictionExplainer {
  /** @throws Unexplainable */
  explain(prediction: ExplainedPrediction): Promise<PredictionExplanation>;
  release(): Promise<void>;
}

/**
 * What explains the predictions of a version: its trained model, exactly; else the model file itself against its reference rows.
 *
 * @throws Unexplainable where it came with neither, or with what is none; and whatever the sources throw
 */
export async function openExplainer(version: ModelVersion, sources: ExplanationSources): Promise<PredictionExplainer> {
  if (version.explainer !== undefined) return exact(version, await sources.explainer(version.explainer));
  if (version.reference === undefined) {
    throw new Unexplainable(
      `model version ${version.version} came with neither a trained model nor reference rows: ` +
        'register it again with --reference, or train it here',
    );
  }
  const rows = await sources.referenceRows(version.reference);
  const background = backgroundOf(rows.map((features) => rowOf(version, features)));
  if (background.length === 0) throw new Unexplainable(`the reference of model version ${version.version} has no rows`);
  return sampled(version, background, await sources.scorer(version));
}

function exact(version: ModelVersion, json: string): PredictionExplainer {
  let explainRow: ReturnType<typeof compileExplanation>;
  try {
    explainRow = compileExplanation(readTrainedModel(json, version.features));
  } catch (cause) {
    if (!(cause instanceof ExplainerUnreadable || cause instanceof RangeError)) throw cause;
    throw new Unexplainable(`what should explain model version ${version.version} does not: ${cause.message}`, {
      cause,
    });
  }
  return {
    explain: async (prediction) => {
      const row = rowOf(version, prediction.features);
      const explanation = explained(version, () => explainRow(row, classOf(prediction)));
      return agreeing(version, prediction, explanation);
    },
    release: async () => undefined,
  };
}

function sampled(version: ModelVersion, background: readonly FeatureRow[], scorer: Scorer): PredictionExplainer {
  return {
    async explain(prediction) {
      const plan = planSampling(rowOf(version, prediction.features), background, prediction.event_id);
      const { scores, classScores, problems } = await scorer.score(plan.rows);
      const [problem] = problems.values();
      if (problem !== undefined) {
        throw new Unexplainable(`model version ${version.version} refuses a row between the event's and a reference: ${problem}`); // prettier-ignore
      }
      const explanation = explained(version, () => {
        const told = plan.contributions(ofClass(scores, classScores, plan.rows.length, classOf(prediction)));
        const unit = version.task === 'regression' ? ('value' as const) : ('probability' as const);
        const found: Explanation = { method: 'sampling_shap', unit, ...told, score: scores[0]! };
        checkAdditivity(found);
        return found;
      });
      return agreeing(version, prediction, explanation);
    },
    release: () => scorer.release(),
  };
}

function explained(version: ModelVersion, explain: () => Explanation): Explanation {
  try {
    return explain();
  } catch (cause) {
    // A feature of another type than the model's: the pipeline's features were changed since.
    if (!(cause instanceof NotAdditive || cause instanceof TypeError)) throw cause;
    throw new Unexplainable(`model version ${version.version}: ${cause.message}`, { cause });
  }
}

/** Scores are computed in float32, and in another order; what is this far off is another model's. */
const SCORE_TOLERANCE = 1e-3;

function agreeing(
  version: ModelVersion,
  { score }: ExplainedPrediction,
  { contributions, ...explanation }: Explanation,
): PredictionExplanation {
  if (Math.abs(explanation.score - score) <= SCORE_TOLERANCE * Math.max(1, Math.abs(score))) {
    const named = version.features.map((feature, i) => ({ feature, contribution: contributions[i]! }));
    return { ...explanation, contributions: named };
  }
  throw new Unexplainable(
    `what explains model version ${version.version} gives the event ${explanation.score}, it was served ${score}: ` +
      'they are not the same model; register it again',
  );
}

/** Features as the version takes them. */
function rowOf({ version, features }: ModelVersion, served: PredictionRecord['features']): FeatureRow {
  return features.map((name) => {
    const value = served[name];
    if (value === undefined) {
      throw new Unexplainable(`model version ${version} takes the feature ${name}, which the prediction does not have`);
    }
    return value;
  });
}

/** Of multiclass models: the class that was decided; null for all others. */
function classOf({ decision }: ExplainedPrediction): number | null {
  return /^\d+$/.test(decision) ? Number(decision) : null;
}

/** Scores of the decided class. */
function ofClass(
  scores: ArrayLike<number>,
  classScores: ArrayLike<number> | null,
  rows: number,
  decided: number | null,
): ArrayLike<number> {
  if (classScores === null) return scores;
  const width = classScores.length / rows;
  let place = decided ?? 0;
  if (decided === null || decided >= width) {
    for (let k = 1; k < width; k++) if (classScores[k]! > classScores[place]!) place = k;
  }
  return Float64Array.from({ length: rows }, (_, row) => classScores[row * width + place]!);
}
