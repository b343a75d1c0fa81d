import type { BuiltInTrainer, ModelTask, MonotoneDirection } from '#contracts';
import type { FeatureType } from '#domain/trained-model';

/** Why scores of such a model cannot be bound to go one way with a feature, as the end of a sentence; null: they can. */
export function problemOfMonotone(trainer: BuiltInTrainer, task: ModelTask): string | null {
  if (trainer === 'linear') return 'is of trees (gbdt, random-forest): a linear model goes one way with every number';
  return task === 'multiclass-classification'
    ? 'is of one score, and multiclass-classification has one per class'
    : null;
}

/** Why a score cannot go one way with the feature, as the end of a sentence; null: it can. */
export function problemOfDirection({ type }: FeatureType): string | null {
  return type === 'number' ? null : 'is a string, which is neither more nor less than another';
}

/** Per feature: 1 where the score may only rise with it, -1 where it may only fall, else 0. */
export function directionsOf(
  features: readonly FeatureType[],
  monotone: Readonly<Record<string, MonotoneDirection>>,
): readonly (-1 | 0 | 1)[] {
  const directions = new Map(Object.entries(monotone));
  return features.map(({ name }) => SIGNS[directions.get(name) ?? 'none']);
}

const SIGNS = { increasing: 1, decreasing: -1, none: 0 } as const;
