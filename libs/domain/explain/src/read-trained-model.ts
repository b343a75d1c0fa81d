import { z } from 'zod';
import type { Tree, TrainedModel } from '#domain/trained-model';

/** Thrown when what should explain a model is not a trained model. */
export class ExplainerUnreadable extends Error {
  override readonly name = 'ExplainerUnreadable';
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
  inputs: z.array(
    z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('number'), name }),
      z.object({ kind: z.literal('ordinal'), name, levels: z.array(z.string()), values: numbers }),
      z.object({ kind: z.literal('one_hot'), name, levels: z.array(z.string()) }),
    ]),
  ),
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
  calibration: z.object({ scores: numbers, probabilities: numbers }).nullable(),
});

/**
 * Reads the JSON of a trained model, such as trainers write it beside the ONNX file.
 *
 * @param features names that the model is registered with, in their order
 * @throws ExplainerUnreadable where it is none, or another model's
 */
export function readTrainedModel(json: string, features: readonly string[]): TrainedModel {
  const model = parse(json);
  const names = model.inputs.map((input) => input.name);
  if (names.join('\n') !== features.join('\n')) {
    throw new ExplainerUnreadable(`it explains the features ${names.join(', ')}, not ${features.join(', ')}`);
  }
  const fault = faultOf(model);
  if (fault !== undefined) throw new ExplainerUnreadable(fault);
  return model;
}

function parse(json: string): TrainedModel {
  let said: unknown;
  try {
    said = JSON.parse(json);
  } catch (error) {
    throw new ExplainerUnreadable(`it is not JSON: ${(error as Error).message}`);
  }
  const read = trainedModel.safeParse(said);
  if (read.success) return read.data;
  const { path, message } = read.error.issues[0]!;
  throw new ExplainerUnreadable(`it is no trained model: ${path.join('.')}: ${message}`);
}

/** What would be read beyond its end. */
function faultOf({ model, outputs, inputs }: TrainedModel): string | undefined {
  const columns = inputs.reduce((sum, input) => sum + (input.kind === 'one_hot' ? input.levels.length : 1), 0);
  if (model.kind === 'linear') {
    const { means, scales, imputed, weights, intercepts } = model;
    const fits = [means, scales, imputed, ...weights].every(({ length }) => length === columns);
    return fits && weights.length === outputs && intercepts.length === outputs
      ? undefined
      : `its weights are not those of ${columns} columns and ${outputs} outputs`;
  }
  if (model.base.length !== outputs) return `it has ${model.base.length} bases for ${outputs} outputs`;
  const bad = model.trees.findIndex((one) => !isSound(one, columns, outputs));
  return bad === -1 ? undefined : `tree ${bad} has nodes, columns or outputs that are not there`;
}

function isSound(one: Tree, columns: number, outputs: number): boolean {
  const { feature, threshold, missingLeft, left, right, value, cover } = one;
  const nodes = feature.length;
  if (one.output >= outputs) return false;
  if (![threshold, missingLeft, left, right, value, cover].every(({ length }) => length === nodes)) return false;
  return feature.every((column, i) => column === -1 || (column < columns && left[i]! < nodes && right[i]! < nodes));
}
