import type { LinearModel, Tree, TreeEnsemble } from '#domain/trained-model';
import type { GraphBuilder } from './graph-builder.js';

/** Raw outputs, float64 `[rows, outputs]`, of encoded columns. @returns their name */
export function addModel(
  graph: GraphBuilder,
  model: TreeEnsemble | LinearModel,
  outputs: number,
  encoded: string,
): string {
  return model.kind === 'trees' ? addTrees(graph, model, outputs, encoded) : addLinear(graph, model, encoded);
}

/**
 * Imputation, standardisation and weights. In float64 behind the imputation, so that only the rounding of inputs and outputs
 * parts the file from the trainer.
 */
function addLinear(graph: GraphBuilder, model: LinearModel, encoded: string): string {
  const { means, scales, imputed, weights, intercepts } = model;
  const columns = means.length;
  const present = graph.node(
    'Imputer',
    [encoded],
    {
      imputed_value_floats: { kind: 'floats', values: imputed },
      replaced_value_float: { kind: 'float', value: NaN },
    },
    { domain: 'ai.onnx.ml' },
  );
  const centered = graph.node('Sub', [graph.cast(present, 'double'), graph.doubles([columns], means)]);
  const standardized = graph.node('Div', [centered, graph.doubles([columns], scales)]);
  const transposed = Array.from({ length: columns }, (_, column) => weights.map((row) => row[column]!)).flat();
  const weighted = graph.node('MatMul', [standardized, graph.doubles([columns, weights.length], transposed)]);
  return graph.node('Add', [weighted, graph.doubles([intercepts.length], intercepts)]);
}

/**
 * The trees' sums by a TreeEnsembleRegressor, one target per output, and the base added in float64. Not a
 * TreeEnsembleClassifier: that one's meaning of `class_ids` and `base_values` differs between runtimes and fails silently,
 * and it would put link and base into float32.
 */
function addTrees(graph: GraphBuilder, { base, trees }: TreeEnsemble, outputs: number, encoded: string): string {
  const ensemble = trees.length > 0 ? trees : [NO_TREE];
  const sums = graph.node('TreeEnsembleRegressor', [encoded], treeAttributes(ensemble, outputs), {
    domain: 'ai.onnx.ml',
  });
  return graph.node('Add', [graph.cast(sums, 'double'), graph.doubles([outputs], base)]);
}

/** An ensemble must have a tree: this one says nothing. */
const NO_TREE: Tree = {
  output: 0,
  feature: [-1],
  threshold: [0],
  missingLeft: [0],
  left: [0],
  right: [0],
  value: [0],
  cover: [0],
  gain: [0],
};

function treeAttributes(trees: readonly Tree[], outputs: number) {
  const ids: number[] = [];
  const nodes: number[] = [];
  const features: number[] = [];
  const values: number[] = [];
  const modes: string[] = [];
  const lefts: number[] = [];
  const rights: number[] = [];
  const missing: number[] = [];
  const covers: number[] = [];
  const targets = { trees: [] as number[], nodes: [] as number[], ids: [] as number[], weights: [] as number[] };
  for (const [id, tree] of trees.entries()) {
    for (const [node, feature] of tree.feature.entries()) {
      const isLeaf = feature === -1;
      ids.push(id);
      nodes.push(node);
      features.push(isLeaf ? 0 : feature);
      values.push(isLeaf ? 0 : tree.threshold[node]!);
      modes.push(isLeaf ? 'LEAF' : 'BRANCH_LEQ');
      lefts.push(isLeaf ? 0 : tree.left[node]!);
      rights.push(isLeaf ? 0 : tree.right[node]!);
      missing.push(isLeaf ? 0 : tree.missingLeft[node]!);
      covers.push(tree.cover[node]!);
      if (!isLeaf) continue;
      targets.trees.push(id);
      targets.nodes.push(node);
      targets.ids.push(tree.output);
      targets.weights.push(tree.value[node]!);
    }
  }
  return {
    n_targets: { kind: 'int', value: outputs },
    aggregate_function: { kind: 'string', value: 'SUM' },
    post_transform: { kind: 'string', value: 'NONE' },
    nodes_treeids: { kind: 'ints', values: ids },
    nodes_nodeids: { kind: 'ints', values: nodes },
    nodes_featureids: { kind: 'ints', values: features },
    nodes_values: { kind: 'floats', values },
    nodes_modes: { kind: 'strings', values: modes },
    nodes_truenodeids: { kind: 'ints', values: lefts },
    nodes_falsenodeids: { kind: 'ints', values: rights },
    nodes_missing_value_tracks_true: { kind: 'ints', values: missing },
    nodes_hitrates: { kind: 'floats', values: covers },
    target_treeids: { kind: 'ints', values: targets.trees },
    target_nodeids: { kind: 'ints', values: targets.nodes },
    target_ids: { kind: 'ints', values: targets.ids },
    target_weights: { kind: 'floats', values: targets.weights },
  } as const;
}
