import type { TrainedModel } from '#domain/trained-model';
import type { GraphBuilder } from './graph-builder.js';
import type { OnnxValue } from './onnx-graph.js';

/**
 * From raw outputs (float64) to the graph's outputs. Classification: `probabilities` float32 `[rows, classes]` (binary:
 * negative, positive) and `label` int64 `[rows]`: the likeliest class, of two the positive one where it has more than one
 * half. Regression: `value` float32 `[rows, 1]`.
 *
 * @param taken names of the graph's inputs; an output is called otherwise than they
 */
export function addOutputs(
  graph: GraphBuilder,
  model: Pick<TrainedModel, 'task' | 'outputs' | 'calibration' | 'model'>,
  raw: string,
  taken: ReadonlySet<string>,
): readonly OnnxValue[] {
  const nameOf = (name: string): string => (taken.has(name) ? `predicted_${name}` : name);
  const link = model.model.link;
  if (model.task === 'regression') {
    return [{ name: graph.cast(raw, 'float', nameOf('value')), type: 'float', shape: ['rows', 1] }];
  }
  const label: OnnxValue = { name: nameOf('label'), type: 'int64', shape: ['rows'] };
  const probabilities = nameOf('probabilities');
  const axis = { axis: { kind: 'int', value: 1 } } as const;
  if (model.task === 'multiclass-classification') {
    const shares = link === 'softmax' ? graph.node('Softmax', [raw], axis) : raw;
    graph.node('ArgMax', [shares], { ...axis, keepdims: { kind: 'int', value: 0 } }, { output: label.name });
    graph.cast(shares, 'float', probabilities);
    return [label, { name: probabilities, type: 'float', shape: ['rows', model.outputs] }];
  }
  const share =
    link === 'logistic'
      ? graph.node('Sigmoid', [raw])
      : graph.node('Min', [graph.node('Max', [raw, graph.doubles([1], [0])]), graph.doubles([1], [1])]);
  const positive = model.calibration === null ? share : addCurve(graph, model.calibration, share);
  const negative = graph.node('Sub', [graph.doubles([1], [1]), positive]);
  graph.cast(graph.node('Concat', [negative, positive], axis), 'float', probabilities);
  const isPositive = graph.node('Greater', [positive, graph.doubles([1], [0.5])]);
  graph.cast(graph.node('Squeeze', [isPositive, graph.integers([1], [1])]), 'int64', label.name);
  return [label, { name: probabilities, type: 'float', shape: ['rows', 2] }];
}

/**
 * A curve that is linear between its points and flat beyond: its first value, and what each segment adds for as far as the
 * score has come into it.
 */
function addCurve(graph: GraphBuilder, curve: NonNullable<TrainedModel['calibration']>, score: string): string {
  const { scores, probabilities } = curve;
  const segments = scores.length - 1;
  const first = graph.doubles([1], [probabilities[0]!]);
  if (segments === 0) return graph.node('Add', [graph.node('Mul', [score, graph.doubles([1], [0])]), first]);
  const widths = Array.from({ length: segments }, (_, i) => scores[i + 1]! - scores[i]!);
  const slopes = widths.map((width, i) => (probabilities[i + 1]! - probabilities[i]!) / width);
  const beyond = graph.node('Sub', [score, graph.doubles([segments], scores.slice(0, -1))]);
  const notBelow = graph.node('Max', [beyond, graph.doubles([1], [0])]);
  const within = graph.node('Min', [notBelow, graph.doubles([segments], widths)]);
  return graph.node('Add', [graph.node('MatMul', [within, graph.doubles([segments, 1], slopes)]), first]);
}
