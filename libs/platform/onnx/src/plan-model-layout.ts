import type { Feature, ModelInputLayout, ModelOutputLayout, ModelTask, TensorType } from '#contracts';
import { featureNamesIn } from './feature-names.js';
import { isTensorType, signatureOf, type ModelDescription, type ModelValue } from './model-description.js';
import { planOutput } from './plan-output.js';

export type LayoutPlan =
  | { readonly ok: true; readonly input: ModelInputLayout; readonly output: ModelOutputLayout }
  /** Every reason why the model cannot serve the pipeline, each naming both sides and the cure. */
  | { readonly ok: false; readonly problems: readonly string[] };

type Tensor = Extract<ModelValue, { kind: 'tensor' }>;
type Planned<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly string[] };

/** Decides how a pipeline's features reach a model and where its score is found. Pure. */
export function planModelLayout(
  description: ModelDescription,
  features: readonly Feature[],
  task: ModelTask,
): LayoutPlan {
  const input = planInput(description, features);
  const output = planOutput(description.outputs, task);
  if (input.ok && output.ok) return { ok: true, input: input.value, output: output.value };
  return { ok: false, problems: [...(input.ok ? [] : input.problems), ...(output.ok ? [] : output.problems)] };
}

function planInput(description: ModelDescription, features: readonly Feature[]): Planned<ModelInputLayout> {
  const others = description.inputs.filter((input) => input.kind === 'other');
  if (others.length > 0) {
    return refuse(`the model wants ${others.map(signatureOf).join(', ')}; the pipeline gives tensors only`);
  }
  const tensors = description.inputs.filter((input) => input.kind === 'tensor');
  const [only] = tensors;
  // One input may still be one feature: then it has the feature's name, or no room for a row of several.
  const isMatrix =
    tensors.length === 1 && only !== undefined && !(features.length === 1 && only.name === features[0]!.name);
  return isMatrix ? planMatrix(only, description, features) : planColumns(tensors, features);
}

function planMatrix(
  input: Tensor,
  description: ModelDescription,
  features: readonly Feature[],
): Planned<ModelInputLayout> {
  const problems: string[] = [];
  const wants = `the model wants ${signatureOf(input)}`;
  const { type } = input;
  if (type !== 'float32' && type !== 'float64') {
    problems.push(`${wants}; the pipeline gives one float matrix: export the model with a float32 input`);
  }
  const [rows, columns] = input.shape;
  if (input.shape.length !== 2 && input.shape.length !== 0) {
    problems.push(
      `${wants}; the pipeline gives a matrix [rows, ${features.length}]: export the model with two dimensions`,
    );
  } else {
    if (typeof rows === 'number') problems.push(`${wants}; ${fixedRows(rows)}`);
    if (typeof columns === 'number' && columns !== features.length) {
      problems.push(
        `${wants}, ${plural(columns, 'feature')}; the pipeline gives ${features.length} (${namesOf(features)})`,
      );
    }
  }
  const strings = features.filter((feature) => feature.type === 'string');
  if (strings.length > 0) {
    problems.push(
      `${wants}; the pipeline gives the string ${strings.length === 1 ? 'feature' : 'features'} ${namesOf(strings)}, ` +
        'which a float matrix cannot hold: encode them with CEL features, or export the model with one input per feature',
    );
  }
  const listed = featureNamesIn(description.metadata);
  if (listed !== null && !sameNames(listed, features)) {
    problems.push(
      `the model was made for the features ${listed.join(', ')}; the pipeline gives ${namesOf(features)}, in this order`,
    );
  }
  if (problems.length > 0) return { ok: false, problems };
  const value = { kind: 'matrix', input: input.name, type: type as TensorType, columns: features.length } as const;
  return { ok: true, value };
}

function planColumns(tensors: readonly Tensor[], features: readonly Feature[]): Planned<ModelInputLayout> {
  const problems: string[] = [];
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const given = new Set(features.map(({ name }) => name));
  const unknown = tensors.filter(({ name }) => !given.has(name));
  if (unknown.length > 0) {
    problems.push(`the model wants ${unknown.map(signatureOf).join(', ')}; the pipeline gives no such feature`);
  }
  const inputs: { name: string; type: TensorType; rank: 1 | 2 }[] = [];
  for (const feature of features) {
    const tensor = byName.get(feature.name);
    if (tensor === undefined) {
      problems.push(
        `the pipeline gives the feature ${feature.name}; the model has no input of this name (it has ${tensors.map(({ name }) => name).join(', ')})`,
      );
      continue;
    }
    const problem = columnProblem(tensor, feature);
    if (problem !== null) problems.push(problem);
    else inputs.push({ name: tensor.name, type: tensor.type as TensorType, rank: tensor.shape.length === 1 ? 1 : 2 });
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: { kind: 'columns', inputs } };
}

function columnProblem(tensor: Tensor, feature: Feature): string | null {
  const wants = `the model wants ${signatureOf(tensor)}`;
  const gives = `the pipeline gives ${feature.name} as a ${feature.type}`;
  if (!isTensorType(tensor.type)) return `${wants}; ${gives}: export it as float32, float64, int64, bool or string`;
  if ((tensor.type === 'string') !== (feature.type === 'string')) return `${wants}; ${gives}`;
  const [rows, width] = tensor.shape;
  if (typeof rows === 'number') return `${wants}; ${fixedRows(rows)}`;
  if (tensor.shape.length > 2 || (typeof width === 'number' && width !== 1)) {
    return `${wants}; the pipeline gives one value per row: [rows] or [rows, 1]`;
  }
  return null;
}

function fixedRows(rows: number): string {
  return `the pipeline gives as many rows as there are events, not always ${rows}: export the model with a dynamic first dimension`;
}

function sameNames(listed: readonly string[], features: readonly Feature[]): boolean {
  return listed.length === features.length && listed.every((name, index) => name === features[index]!.name);
}

function namesOf(features: readonly Feature[]): string {
  return features.map(({ name }) => name).join(', ');
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function refuse(problem: string): { readonly ok: false; readonly problems: readonly string[] } {
  return { ok: false, problems: [problem] };
}
