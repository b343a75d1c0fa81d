import { noSplit, ROUNDING, type Split } from './best-split.js';
import type { BinnedMatrix } from './binned-matrix.js';
import type { Growth } from './grow-tree.js';
import { LeafQueue } from './leaf-queue.js';
import { addLeaf, emptyTree, partitionRows, setSplit, type GrownTree } from './grown-tree.js';

interface OpenLeaf {
  readonly node: number;
  readonly depth: number;
  readonly begin: number;
  readonly end: number;
  readonly split: Split;
}

/**
 * Grows trees that part classes: the Gini impurity, which is the squared error of the classes' indicators, so that two classes grow
 * the tree that `TreeGrower` grows on their labels. A bin is the number of its rows and the weight of each class.
 */
export class ClassTreeGrower {
  private readonly lanes: number;
  private readonly histogram: Float64Array;
  private readonly spare: Int32Array;
  private readonly node: Float64Array;
  private readonly left: Float64Array;

  /** @param weights by row; null: 1 each */
  constructor(
    private readonly matrix: BinnedMatrix,
    private readonly growth: Growth,
    private readonly classes: number,
    private readonly labels: Float64Array,
    private readonly weights: Float64Array | null,
    capacity: number,
  ) {
    this.lanes = classes + 1;
    const mostBins = matrix.columns.reduce((most, { valueBins }) => Math.max(most, valueBins + 1), 0);
    this.histogram = new Float64Array(this.lanes * mostBins);
    this.spare = new Int32Array(capacity);
    this.node = new Float64Array(this.lanes);
    this.left = new Float64Array(this.lanes);
  }

  /**
   * @param rows the first `count` are grown on, and come back ordered by leaf
   * @param columns draws the columns that a node may split by
   */
  grow(rows: Int32Array, count: number, columns: () => Int32Array): GrownTree {
    const { leaves, maxDepth, minRowsPerLeaf } = this.growth;
    const tree = emptyTree();
    const open = new LeafQueue<OpenLeaf>();
    const admit = (begin: number, end: number, depth: number, isLast: boolean): number => {
      const leaf = { node: addLeaf(tree, begin, end, 0), depth, begin, end, split: noSplit() };
      if (!isLast && end - begin >= 2 * minRowsPerLeaf && (maxDepth === 0 || depth < maxDepth)) {
        this.search(leaf, rows, columns());
        if (leaf.split.column >= 0) open.push(leaf);
      }
      return leaf.node;
    };
    admit(0, count, 0, false);
    for (let grown = 1; grown < leaves; grown++) {
      const parent = open.pop();
      if (parent === undefined) break;
      const middle = partitionRows(this.matrix, rows, parent.begin, parent.end, parent.split, this.spare);
      const left = admit(parent.begin, middle, parent.depth + 1, grown + 1 === leaves);
      const right = admit(middle, parent.end, parent.depth + 1, grown + 1 === leaves);
      setSplit(tree, parent.node, parent.split, left, right);
    }
    return tree;
  }

  /** Share of a class among the rows of each leaf; 0 for splits. */
  sharesOf(label: number, { feature, begin, end }: GrownTree, rows: Int32Array): number[] {
    return feature.map((column, node) => {
      let own = 0;
      let total = 0;
      for (let i = begin[node]!; column < 0 && i < end[node]!; i++) {
        const weight = this.weights?.[rows[i]!] ?? 1;
        total += weight;
        if (this.labels[rows[i]!] === label) own += weight;
      }
      return total > 0 ? own / total : 0;
    });
  }

  private search({ begin, end, split }: OpenLeaf, rows: Int32Array, columns: Int32Array): void {
    const { histogram, lanes, node } = this;
    for (const column of columns) {
      const { bins, valueBins } = this.matrix.columns[column]!;
      histogram.fill(0, 0, lanes * (valueBins + 1));
      for (let i = begin; i < end; i++) {
        const row = rows[i]!;
        const at = lanes * bins[row]!;
        histogram[at]! += 1;
        histogram[at + 1 + this.labels[row]!]! += this.weights === null ? 1 : this.weights[row]!;
      }
      node.fill(0);
      for (let at = 0; at < lanes * (valueBins + 1); at += lanes)
        if (histogram[at]! > 0) for (let lane = 0; lane < lanes; lane++) node[lane]! += histogram[at + lane]!;
      this.searchColumn(column, valueBins, split);
    }
  }

  /** As `searchColumn` of `best-split.ts`, by Gini. */
  private searchColumn(column: number, valueBins: number, best: Split): void {
    const { histogram, lanes, node, left } = this;
    const { minRowsPerLeaf } = this.growth;
    const missing = lanes * valueBins;
    const hasMissing = histogram[missing]! > 0;
    const before = this.scoreOf(node);
    let bestGain = Math.max(this.growth.gamma, best.gain + before * ROUNDING);
    left.fill(0);
    for (let bin = 0; bin < valueBins; bin++) {
      if (histogram[lanes * bin]! === 0) continue;
      addTo(left, histogram, lanes * bin, 1);
      if (node[0]! - left[0]! < minRowsPerLeaf) break;
      for (let missingLeft = hasMissing ? 1 : 0; missingLeft >= 0; missingLeft--) {
        if (missingLeft === 1) addTo(left, histogram, missing, 1);
        const fits = left[0]! >= minRowsPerLeaf && node[0]! - left[0]! >= minRowsPerLeaf;
        const gain = fits ? this.scoreOf(left) + this.scoreOfRest() - before : -Infinity;
        if (gain > bestGain) {
          bestGain = gain + (gain + before) * ROUNDING;
          best.column = column;
          best.bin = bin;
          best.missingLeft = hasMissing ? missingLeft === 1 : 2 * left[0]! >= node[0]!;
          best.gain = gain;
        }
        if (missingLeft === 1) addTo(left, histogram, missing, -1);
      }
    }
  }

  /** Half the sum of squared class weights over the weight: what the squared error loses by giving these rows their shares. */
  private scoreOf(sums: Float64Array): number {
    let squares = 0;
    let total = 0;
    for (let lane = 1; lane < this.lanes; lane++) {
      squares += sums[lane]! * sums[lane]!;
      total += sums[lane]!;
    }
    return total > 0 ? (0.5 * squares) / total : 0;
  }

  private scoreOfRest(): number {
    const { node, left } = this;
    let squares = 0;
    let total = 0;
    for (let lane = 1; lane < this.lanes; lane++) {
      const rest = node[lane]! - left[lane]!;
      squares += rest * rest;
      total += rest;
    }
    return total > 0 ? (0.5 * squares) / total : 0;
  }
}

function addTo(sums: Float64Array, histogram: Float64Array, at: number, sign: 1 | -1): void {
  for (let lane = 0; lane < sums.length; lane++) sums[lane]! += sign * histogram[at + lane]!;
}
