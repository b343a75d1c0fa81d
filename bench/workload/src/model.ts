import { encodeModel, type OnnxAttribute } from '#domain/onnx-format';
import { FEATURES } from './features.js';
import { makeTreeEnsemble, type TreeEnsemble, type TreeNode } from './tree-ensemble.js';

/** The benchmark's model: input `features` float `[rows, 20]`, output `probabilities` float `[rows, 2]`, fraud last. */
export function benchModel(ensemble: TreeEnsemble = makeTreeEnsemble()): Uint8Array {
  return encodeModel({
    description: 'Eddyline benchmark: 100 trees, depth at most 6',
    metadata: {},
    graph: {
      name: 'bench',
      nodes: [
        {
          op: 'TreeEnsembleClassifier',
          domain: 'ai.onnx.ml',
          inputs: ['features'],
          outputs: ['label', 'probabilities'],
          attributes: attributesOf(ensemble),
        },
      ],
      initializers: [],
      inputs: [{ name: 'features', type: 'float', shape: ['rows', FEATURES] }],
      outputs: [
        { name: 'label', type: 'int64', shape: ['rows'] },
        { name: 'probabilities', type: 'float', shape: ['rows', 2] },
      ],
    },
  });
}

/** The parallel arrays of `ai.onnx.ml.TreeEnsembleClassifier` (operator set 3), one entry per node or leaf. */
function attributesOf(ensemble: TreeEnsemble): Record<string, OnnxAttribute> {
  const nodes = {
    treeids: [] as number[],
    nodeids: [] as number[],
    featureids: [] as number[],
    modes: [] as string[],
    values: [] as number[],
    truenodeids: [] as number[],
    falsenodeids: [] as number[],
  };
  const leaves = { treeids: [] as number[], nodeids: [] as number[], weights: [] as number[] };

  ensemble.trees.forEach((tree, treeId) => {
    let nextId = 0;
    const add = (node: TreeNode): number => {
      const id = nextId++;
      const at = nodes.nodeids.length;
      nodes.treeids.push(treeId);
      nodes.nodeids.push(id);
      nodes.featureids.push(node.kind === 'split' ? node.feature : 0);
      nodes.modes.push(node.kind === 'split' ? 'BRANCH_LEQ' : 'LEAF');
      nodes.values.push(node.kind === 'split' ? node.threshold : 0);
      nodes.truenodeids.push(0);
      nodes.falsenodeids.push(0);
      if (node.kind === 'leaf') {
        leaves.treeids.push(treeId);
        leaves.nodeids.push(id);
        leaves.weights.push(node.weight);
      } else {
        nodes.truenodeids[at] = add(node.left);
        nodes.falsenodeids[at] = add(node.right);
      }
      return id;
    };
    add(tree);
  });

  return {
    nodes_treeids: { kind: 'ints', values: nodes.treeids },
    nodes_nodeids: { kind: 'ints', values: nodes.nodeids },
    nodes_featureids: { kind: 'ints', values: nodes.featureids },
    nodes_modes: { kind: 'strings', values: nodes.modes },
    nodes_values: { kind: 'floats', values: nodes.values },
    nodes_truenodeids: { kind: 'ints', values: nodes.truenodeids },
    nodes_falsenodeids: { kind: 'ints', values: nodes.falsenodeids },
    class_treeids: { kind: 'ints', values: leaves.treeids },
    class_nodeids: { kind: 'ints', values: leaves.nodeids },
    class_ids: { kind: 'ints', values: leaves.nodeids.map(() => 0) },
    class_weights: { kind: 'floats', values: leaves.weights },
    classlabels_int64s: { kind: 'ints', values: [0, 1] },
    base_values: { kind: 'floats', values: [ensemble.baseLogOdds] },
    post_transform: { kind: 'string', value: 'LOGISTIC' },
  };
}
