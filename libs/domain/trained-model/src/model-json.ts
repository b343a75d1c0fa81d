import { z } from 'zod';
import type { LinearModel, TrainedModel, Tree, TreeEnsemble } from './trained-model.js';

/** Thrown when a text is not the JSON of a trained model; the message says where and why. Train the model again. */
export class TrainedModelUnreadable extends Error {
  override readonly name = 'TrainedModelUnreadable';
}

const numbers = z.array(z.number());
const link = z.enum(['identity', 'logistic', 'softmax']);
const name = z.string();

const tree: z.ZodType<Tree> = z.object({
  output: z.int().min(0),
  feature: z.array(z.int().min(-1)).min(1),
  threshold: numbers,
  missingLeft: z.array(z.union([z.literal(0), z.literal(1)])),
  left: z.array(z.int().min(0)),
  right: z.array(z.int().min(0)),
  value: numbers,
  cover: z.array(z.number().min(0)),
  gain: numbers,
});

const trainedModel: z.ZodType<TrainedModel> = z.object({
  task: z.enum(['binary-classification', 'multiclass-classification', 'regression']),
  outputs: z.int().min(1),
  inputs: z
    .array(
      z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('number'), name }),
        z.object({ kind: z.literal('ordinal'), name, levels: z.array(z.string()), values: numbers }),
        z.object({ kind: z.literal('one_hot'), name, levels: z.array(z.string()) }),
      ]),
    )
    .min(1),
  model: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('trees'), base: numbers, trees: z.array(tree), link }),
    z.object({
      kind: z.literal('linear'),
      means: numbers,
      scales: numbers,
      imputed: numbers,
      weights: z.array(numbers),
      intercepts: numbers,
      link,
    }),
  ]),
  calibration: z.object({ scores: numbers.min(1), probabilities: numbers }).nullable(),
});

/** The same text for the same model. @throws RangeError where a number is none: JSON cannot hold it */
export function modelToJson(model: TrainedModel): string {
  return JSON.stringify(model, (key, value: unknown) => {
    if (typeof value === 'number' && !Number.isFinite(value))
      throw new RangeError(`${key} of a trained model is ${value}`);
    return value;
  });
}

/** Reads what `modelToJson` wrote. @throws TrainedModelUnreadable */
export function modelFromJson(json: string): TrainedModel {
  let said: unknown;
  try {
    said = JSON.parse(json);
  } catch (cause) {
    throw new TrainedModelUnreadable(`it is not JSON: ${(cause as Error).message}`, { cause });
  }
  const read = trainedModel.safeParse(said);
  if (!read.success) {
    const { path, message } = read.error.issues[0]!;
    throw new TrainedModelUnreadable(`it is no trained model: ${path.join('.')}: ${message}`);
  }
  const fault = faultOf(read.data);
  if (fault !== null) throw new TrainedModelUnreadable(fault);
  return read.data;
}

/** What would be read beyond its end, or never end. */
function faultOf({ task, model, outputs, inputs, calibration }: TrainedModel): string | null {
  if (task !== 'multiclass-classification' && outputs !== 1) return `it has ${outputs} outputs, a ${task} has one`;
  for (const input of inputs) {
    if (input.kind === 'ordinal' && input.values.length !== input.levels.length) {
      return `${input.name} has ${input.values.length} values for ${input.levels.length} levels`;
    }
  }
  if (calibration !== null) {
    const { scores, probabilities } = calibration;
    if (scores.length !== probabilities.length || scores.some((score, at) => at > 0 && !(score > scores[at - 1]!))) {
      return 'its calibration is no curve: scores must rise, each with a probability';
    }
  }
  const columns = inputs.reduce((sum, input) => sum + (input.kind === 'one_hot' ? input.levels.length : 1), 0);
  return model.kind === 'linear' ? faultOfLinear(model, columns, outputs) : faultOfTrees(model, columns, outputs);
}

function faultOfLinear(model: LinearModel, columns: number, outputs: number): string | null {
  const { means, scales, imputed, weights, intercepts } = model;
  const fits = [means, scales, imputed, ...weights].every(({ length }) => length === columns);
  return fits && weights.length === outputs && intercepts.length === outputs
    ? null
    : `its weights are not those of ${columns} columns and ${outputs} outputs`;
}

function faultOfTrees({ base, trees }: TreeEnsemble, columns: number, outputs: number): string | null {
  if (base.length !== outputs) return `it has ${base.length} bases for ${outputs} outputs`;
  const bad = trees.findIndex((one) => !isSound(one, columns, outputs));
  return bad === -1 ? null : `tree ${bad} has nodes, columns or outputs that are not there`;
}

/** Children come after their parent: no way through the tree comes back to where it was. */
function isSound(one: Tree, columns: number, outputs: number): boolean {
  const { feature, threshold, missingLeft, left, right, value, cover, gain } = one;
  const nodes = feature.length;
  if (one.output >= outputs) return false;
  if (![threshold, missingLeft, left, right, value, cover, gain].every(({ length }) => length === nodes)) return false;
  const isChild = (child: number, of: number) => child > of && child < nodes;
  return feature.every(
    (column, i) => column === -1 || (column < columns && isChild(left[i]!, i) && isChild(right[i]!, i)),
  );
}
