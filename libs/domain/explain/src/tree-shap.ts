import type { Tree, TreeEnsemble } from '#domain/trained-model';
import { gaussLegendre, type Quadrature } from './gauss-legendre.js';

/** Shapley values of the columns for one output of a model. */
export interface ColumnContributions {
  /** The output where nothing is known of the row. */
  readonly base: number;
  /** One per encoded column, in the output's unit; with `base` they add up to the output. */
  readonly contributions: Float64Array;
}

/** Exact contributions of the columns of one row to the raw output `output`. */
export type TreeShap = (columns: ArrayLike<number>, output: number) => ColumnContributions;

/**
 * Path-dependent TreeSHAP (Lundberg et al. 2018, "Consistent Individualized Feature Attribution for Tree Ensembles"): exact Shapley
 * values of the game in which a tree, asked for a column that is not known, goes both ways in proportion to the training rows
 * (`cover`) that went there.
 *
 * A leaf of value v with the columns of its path i = 1…d (each once: zᵢ the share of rows that go on towards the leaf, oᵢ = 1 where
 * the row does, else 0) gives column i
 *
 *   (oᵢ − zᵢ) · v · Σ over subsets of the others of |S|! (d − 1 − |S|)! / d! · Π o · Π z  =  (oᵢ − zᵢ) · v · ∫₀¹ Π_{j≠i} (oⱼ t + zⱼ (1 − t)) dt
 *
 * since the weight of a subset is ∫ t^|S| (1 − t)^(d−1−|S|) dt. The integrand is a polynomial of degree d − 1, for which Gauss–Legendre
 * quadrature with ⌈d/2⌉ points is exact; and its values at those points are carried down the tree and summed up again as in Linear
 * TreeShap (Yu et al. 2022), so that a row costs O(nodes · d / 2) instead of Lundberg's O(leaves · d²).
 */
export function compileTreeShap(ensemble: TreeEnsemble, columns: number): TreeShap {
  const trees = ensemble.trees.map((tree) => compileTree(tree));
  const bases = [...ensemble.base];
  for (const { output, expected } of trees) bases[output]! += expected;
  const byOutput = bases.map((_, output) => trees.filter((tree) => tree.output === output));
  const scratch = new Scratch(trees);
  return function treeShap(row, output) {
    const contributions = new Float64Array(columns);
    for (const tree of byOutput[output]!) {
      goDown(tree, row, scratch);
      comeUp(tree, contributions, scratch);
    }
    return { base: bases[output]!, contributions };
  };
}

/** A tree with its nodes in an order in which parents come before their children; node k > 0 stands for the edge that leads to it. */
interface CompiledTree {
  readonly output: number;
  readonly nodes: number;
  /** Σ of the leaves, each by its share of the rows. */
  readonly expected: number;
  /** Column that the node splits on; -1: leaf. */
  readonly column: Int32Array;
  readonly threshold: Float64Array;
  readonly missingLeft: Uint8Array;
  readonly value: Float64Array;
  readonly parent: Int32Array;
  readonly isLeft: Uint8Array;
  /** The nearest edge above that asks for the same column; -1: none. */
  readonly above: Int32Array;
  /** Share of rows that go on, over this edge and all those above that ask for the same column. */
  readonly share: Float64Array;
  readonly quadrature: Quadrature;
}

/** What a row writes while it is in a tree: one for all trees, since nothing is kept. */
class Scratch {
  /** o·t + z·(1 − t) of an edge, at each point. */
  readonly factor: Float64Array;
  /** Product of the factors down to a node, at each point. */
  readonly product: Float64Array;
  /** Σ over the leaves below a node of value · product, at each point. */
  readonly sum: Float64Array;
  readonly follows: Uint8Array;

  constructor(trees: readonly CompiledTree[]) {
    const cells = Math.max(0, ...trees.map(({ nodes, quadrature }) => nodes * quadrature.points.length));
    this.factor = new Float64Array(cells);
    this.product = new Float64Array(cells);
    this.sum = new Float64Array(cells);
    this.follows = new Uint8Array(Math.max(0, ...trees.map(({ nodes }) => nodes)));
  }
}

/** Carries the product of the factors, one per column of the path, to every node. */
function goDown(tree: CompiledTree, row: ArrayLike<number>, { factor, product, sum, follows }: Scratch): void {
  const { nodes, column, threshold, missingLeft, parent, isLeft, above, share, value } = tree;
  const { points } = tree.quadrature;
  const n = points.length;
  follows[0] = 1;
  for (let k = 0; k < n; k++) product[k] = 1;
  sum.fill(0, 0, nodes * n);
  for (let node = 1; node < nodes; node++) {
    const from = parent[node]!;
    const x = row[column[from]!]!;
    const goesLeft = x <= threshold[from]! || (Number.isNaN(x) && missingLeft[from] === 1) ? 1 : 0;
    const same = above[node]!;
    const one = goesLeft === isLeft[node] && (same < 0 || follows[same] === 1) ? 1 : 0;
    follows[node] = one;
    const zero = share[node]!;
    const at = node * n;
    const fromAt = from * n;
    for (let k = 0; k < n; k++) {
      const t = points[k]!;
      const own = one * t + zero * (1 - t);
      factor[at + k] = own;
      // It takes the place of the factor above of the same column, which is 0 only where the product is: then this one is 0 too.
      const gain = same < 0 || own === 0 ? own : own / factor[same * n + k]!;
      product[at + k] = product[fromAt + k]! * gain;
    }
    if (column[node] === -1) for (let k = 0; k < n; k++) sum[at + k] = value[node]! * product[at + k]!;
  }
}

/** Sums up what the leaves below each edge say of its column, and takes back what an edge above said of it without knowing this one. */
function comeUp(tree: CompiledTree, into: Float64Array, { factor, sum, follows }: Scratch): void {
  const { column, parent, above, share } = tree;
  const { weights } = tree.quadrature;
  const n = weights.length;
  for (let node = tree.nodes - 1; node > 0; node--) {
    const from = parent[node]!;
    const same = above[node]!;
    const at = node * n;
    const fromAt = from * n;
    let said = 0;
    let saidAbove = 0;
    for (let k = 0; k < n; k++) {
      const below = sum[at + k]!;
      if (below === 0) continue;
      sum[fromAt + k]! += below;
      said += (below * weights[k]!) / factor[at + k]!;
      if (same >= 0) saidAbove += (below * weights[k]!) / factor[same * n + k]!;
    }
    into[column[from]!]! += (follows[node]! - share[node]!) * said;
    if (same >= 0) into[column[from]!]! -= (follows[same]! - share[same]!) * saidAbove;
  }
}

function compileTree(tree: Tree): CompiledTree {
  const order = parentsFirst(tree);
  const nodes = order.length;
  const compiled = {
    output: tree.output,
    nodes,
    column: new Int32Array(nodes),
    threshold: new Float64Array(nodes),
    missingLeft: new Uint8Array(nodes),
    value: new Float64Array(nodes),
    parent: new Int32Array(nodes).fill(-1),
    isLeft: new Uint8Array(nodes),
    above: new Int32Array(nodes).fill(-1),
    share: new Float64Array(nodes).fill(1),
  };
  /** Share of all rows that come to a node. */
  const reach = new Float64Array(nodes).fill(1);
  const place = new Map(order.map((node, at) => [node, at]));
  let expected = 0;
  let longest = 1;
  for (const [at, node] of order.entries()) {
    const column = tree.feature[node]!;
    compiled.column[at] = column;
    compiled.threshold[at] = tree.threshold[node]!;
    compiled.missingLeft[at] = tree.missingLeft[node]!;
    compiled.value[at] = tree.value[node]!;
    if (column === -1) {
      expected += reach[at]! * tree.value[node]!;
      longest = Math.max(longest, columnsAbove(compiled, at));
      continue;
    }
    const [left, right] = [tree.left[node]!, tree.right[node]!];
    const [leftCover, rightCover] = [tree.cover[left]!, tree.cover[right]!];
    // Of both together and not of the parent: so that shares add up to 1 whatever covers were rounded to.
    const together = leftCover + rightCover;
    for (const [child, cover] of [
      [left, leftCover],
      [right, rightCover],
    ] as const) {
      const to = place.get(child)!;
      const share = together > 0 ? cover / together : 0.5;
      compiled.parent[to] = at;
      compiled.isLeft[to] = child === left ? 1 : 0;
      compiled.above[to] = nearestAbove(compiled, at, column);
      compiled.share[to] = share * (compiled.above[to] === -1 ? 1 : compiled.share[compiled.above[to]!]!);
      reach[to] = reach[at]! * share;
    }
  }
  return { ...compiled, expected, quadrature: gaussLegendre(Math.ceil(longest / 2)) };
}

function parentsFirst({ feature, left, right }: Tree): readonly number[] {
  const order = [0];
  for (let at = 0; at < order.length; at++) {
    const node = order[at]!;
    if (feature[node] !== -1) order.push(left[node]!, right[node]!);
    if (order.length > feature.length)
      throw new RangeError('A tree has a node with two parents: this model is damaged');
  }
  return order;
}

type Edges = Pick<CompiledTree, 'column' | 'parent' | 'above'>;

/** The nearest edge on the way from the root to `node` that asks for the column. */
function nearestAbove({ column, parent }: Edges, node: number, wanted: number): number {
  for (let at = node; at > 0; at = parent[at]!) if (column[parent[at]!] === wanted) return at;
  return -1;
}

/** Different columns on the way from the root to a node. */
function columnsAbove({ above, parent }: Edges, node: number): number {
  let columns = 0;
  for (let at = node; at > 0; at = parent[at]!) if (above[at] === -1) columns++;
  return columns;
}
