import type { BuiltInTrainer, Scalar } from '#contracts';

/** A setting of a trainer: what a pipeline file may fix, and what a search may vary. */
export type Hyperparameter = { readonly description: string } & (
  | {
      readonly kind: 'number';
      readonly default: number;
      readonly isWhole: boolean;
      /** Inclusive. */
      readonly min: number;
      readonly max: number;
      /** Null: not searched by itself. */
      readonly search: { readonly from: number; readonly to: number; readonly scale: 'linear' | 'log' } | null;
    }
  | {
      readonly kind: 'choice';
      readonly default: string;
      readonly values: readonly string[];
      readonly search: readonly string[] | null;
    }
);

export type Parameters = Readonly<Record<string, Scalar>>;

type Range = readonly [min: number, max: number];
type Searched = readonly [from: number, to: number, scale?: 'log'];

function real(description: string, byDefault: number, [min, max]: Range, searched?: Searched): Hyperparameter {
  return { kind: 'number', description, default: byDefault, isWhole: false, min, max, search: searchOf(searched) };
}

function whole(description: string, byDefault: number, [min, max]: Range, searched?: Searched): Hyperparameter {
  return { kind: 'number', description, default: byDefault, isWhole: true, min, max, search: searchOf(searched) };
}

function searchOf(searched: Searched | undefined): Extract<Hyperparameter, { kind: 'number' }>['search'] {
  return searched === undefined ? null : { from: searched[0], to: searched[1], scale: searched[2] ?? 'linear' };
}

const CLASS_WEIGHTS: Hyperparameter = {
  kind: 'choice',
  description:
    'balanced: every class counts as much as every other, however few rows it has. Scores are then no shares.',
  default: 'none',
  values: ['none', 'balanced'],
  search: null,
};

const MAX_BINS = whole('Bins that a feature is cut into; rare events want many.', 1024, [2, 4096]);
const ORDINAL_LEVELS = whole('Levels of a string that are told apart, the most frequent.', 1000, [1, 100_000]);

const GBDT: Readonly<Record<string, Hyperparameter>> = {
  trees: whole('Rounds of boosting at most; with folds, the rounds after which they were best.', 300, [1, 10_000]),
  learningRate: real('What the values of each tree are multiplied with.', 0.1, [1e-4, 1], [0.03, 0.2, 'log']),
  leaves: whole('Leaves of a tree at most; it grows where it gains most.', 31, [2, 4096], [7, 63, 'log']),
  maxDepth: whole('Splits from the root to a leaf at most; 0: no bound.', 0, [0, 64]),
  minRowsPerLeaf: whole('Rows that a leaf must have.', 20, [1, 1_000_000], [5, 100, 'log']),
  minHessian: real('Sum of hessians that a leaf must have.', 1e-3, [0, 1e6]),
  lambda: real('L2 regularisation of leaf values.', 1, [0, 1e6], [0.1, 10, 'log']),
  gamma: real('What the loss must lose by a split.', 0, [0, 1e6]),
  rowShare: real('Share of the rows that a tree sees.', 1, [0.01, 1], [0.6, 1]),
  columnShare: real('Share of the columns that a tree may choose from.', 1, [0.01, 1], [0.5, 1]),
  maxBins: MAX_BINS,
  earlyStoppingRounds: whole(
    'Rounds without a better validation loss after which a fold ends; 0: never.',
    30,
    [0, 10_000],
  ),
  maxLevels: ORDINAL_LEVELS,
  classWeights: CLASS_WEIGHTS,
};

const FOREST: Readonly<Record<string, Hyperparameter>> = {
  trees: whole('Trees.', 100, [1, 10_000]),
  leaves: whole('Leaves of a tree at most.', 512, [2, 65_536], [64, 2048, 'log']),
  maxDepth: whole('Splits from the root to a leaf at most; 0: no bound.', 0, [0, 64]),
  minRowsPerLeaf: whole('Rows that a leaf must have.', 5, [1, 1_000_000], [1, 50, 'log']),
  rowShare: real('Size of the bootstrap sample of a tree, as a share of the rows.', 1, [0.01, 1]),
  columnShare: real(
    'Share of the columns that a split may choose from; 0: √columns, of regression a third.',
    0,
    [0, 1],
    [0.2, 1],
  ),
  maxBins: MAX_BINS,
  maxLevels: ORDINAL_LEVELS,
  classWeights: CLASS_WEIGHTS,
};

const LINEAR: Readonly<Record<string, Hyperparameter>> = {
  l2: real(
    'Weight of the penalty on standardised weights, against the summed loss.',
    1,
    [1e-6, 1e9],
    [1e-2, 1e3, 'log'],
  ),
  maxLevels: whole('Levels of a string that have a column each, the most frequent.', 50, [1, 1000]),
  classWeights: CLASS_WEIGHTS,
};

const HYPERPARAMETERS: Readonly<Record<BuiltInTrainer, Readonly<Record<string, Hyperparameter>>>> = {
  gbdt: GBDT,
  'random-forest': FOREST,
  linear: LINEAR,
};

/** What a trainer can be told, by name. */
export function hyperparametersOf(trainer: BuiltInTrainer): Readonly<Record<string, Hyperparameter>> {
  return HYPERPARAMETERS[trainer];
}

/** What is wrong with a value, as the end of a sentence that begins with the hyperparameter's name; null: nothing. */
export function problemOfParameter(trainer: BuiltInTrainer, name: string, value: Scalar): string | null {
  const known = hyperparametersOf(trainer);
  if (!Object.hasOwn(known, name)) {
    return `is no hyperparameter of ${trainer} (it has ${Object.keys(known).join(', ')})`;
  }
  const parameter = known[name]!;
  if (parameter.kind === 'choice') {
    return parameter.values.includes(value as string) ? null : `is ${value}, expected ${parameter.values.join(' or ')}`;
  }
  const { min, max, isWhole } = parameter;
  const fits = typeof value === 'number' && value >= min && value <= max && (!isWhole || Number.isInteger(value));
  return fits ? null : `is ${value}, expected a ${isWhole ? 'whole ' : ''}number from ${min} to ${max}`;
}

/** The given values, and the defaults of all others. */
export function completeParameters(trainer: BuiltInTrainer, given: Parameters): Parameters {
  const defaults = Object.entries(hyperparametersOf(trainer)).map(([name, parameter]) => [name, parameter.default]);
  return { ...(Object.fromEntries(defaults) as Parameters), ...given };
}
