import { leafValue, noSplit, searchColumn, type Split, type SplitSearch } from './best-split.js';
import type { BinnedMatrix } from './binned-matrix.js';
import { hessianIn, type FixedPoint } from './fixed-point.js';
import { addLeaf, emptyTree, partitionRows, setSplit, type GrownTree } from './grown-tree.js';
import { LeafQueue } from './leaf-queue.js';
import { fillHistogram, histogramLayout, subtractHistogram, type HistogramLayout } from './histogram.js';

/** How a tree may grow; names as in `TreeOptions`. */
export interface Growth {
  readonly leaves: number;
  readonly maxDepth: number;
  readonly minRowsPerLeaf: number;
  readonly minHessian: number;
  readonly lambda: number;
  readonly gamma: number;
  /** Per column; null: none. */
  readonly monotone: readonly number[] | null;
}

/** Which columns a node may split by. */
export interface ColumnChoice {
  /** Columns that this tree may use, ascending. */
  readonly ofTree: Int32Array;
  /** Draws the columns of one node from them; left out: all. */
  readonly ofNode?: () => Int32Array;
}

/** Rows of a leaf: where they lie, their sums, and the values that it may have. */
interface Part extends Pick<SplitSearch, 'gradient' | 'packed' | 'lowest' | 'highest'> {
  readonly begin: number;
  readonly end: number;
  readonly depth: number;
}

/** A leaf that may be split. */
interface OpenLeaf extends Part, SplitSearch {
  readonly node: number;
  /** Null: not kept. */
  histogram: Float64Array | null;
  readonly split: Split;
}

/** 128 MiB. */
const KEPT_NUMBERS = 1 << 24;

/** Grows trees on one matrix, leaf by leaf where it gains most (Shi 2007, as LightGBM does). Keeps its buffers between trees. */
export class TreeGrower {
  private readonly layout: HistogramLayout;
  private readonly free: Float64Array[] = [];
  private kept = 0;
  private readonly gathered: { readonly gradients: Float64Array; readonly hessians: Float64Array };
  private readonly spare: Int32Array;

  /**
   * @param capacity most rows of a tree, repeated ones counted
   * @param keptAtMost numbers that histograms of leaves in waiting may hold together; beyond, children are counted anew
   */
  constructor(
    private readonly matrix: BinnedMatrix,
    private readonly growth: Growth,
    capacity: number,
    private readonly keptAtMost = KEPT_NUMBERS,
  ) {
    this.layout = histogramLayout(matrix);
    this.gathered = { gradients: new Float64Array(capacity), hessians: new Float64Array(capacity) };
    this.spare = new Int32Array(capacity);
  }

  /**
   * @param rows the first `count` are grown on, and come back ordered by leaf; a row may stand more than once
   * @param gradients by row of the matrix, rounded by `toFixedPoint`, as the hessians
   */
  grow(
    rows: Int32Array,
    count: number,
    gradients: Float64Array,
    hessians: Float64Array,
    { rowUnit }: FixedPoint,
    columns: ColumnChoice,
  ): GrownTree {
    const { leaves, minRowsPerLeaf } = this.growth;
    const task: GrowingTask = { rows, gradients, hessians, rowUnit, columns };
    const fixed = { ...this.growth, rowUnit, minPacked: minRowsPerLeaf * rowUnit };
    const tree = emptyTree();
    const open = new LeafQueue<OpenLeaf>();
    const admit = (part: Part): OpenLeaf => {
      const value = leafValue(part.gradient, hessianIn(part.packed, rowUnit), { ...fixed, ...part });
      return { ...fixed, ...part, node: addLeaf(tree, part.begin, part.end, value), split: noSplit(), histogram: null };
    };
    const bounds = { lowest: -Infinity, highest: Infinity };
    const root = admit({ begin: 0, end: count, depth: 0, ...sumsOf(task, 0, count), ...bounds });
    if (this.splittable(root)) {
      if (!columns.ofNode) root.histogram = this.count(task, root.begin, root.end, columns.ofTree);
      this.searchAndKeep(task, root, open);
    }
    for (let grown = 1; grown < leaves; grown++) {
      const parent = open.pop();
      if (parent === undefined) break;
      const middle = partitionRows(this.matrix, rows, parent.begin, parent.end, parent.split, this.spare);
      const [left, right] = this.partsOf(parent, middle).map(admit) as [OpenLeaf, OpenLeaf];
      setSplit(tree, parent.node, parent.split, left.node, right.node);
      if (grown + 1 < leaves) this.openChildren(task, parent, left, right, open);
      else if (parent.histogram) this.giveBack(parent.histogram);
    }
    for (const { histogram } of open) if (histogram) this.giveBack(histogram);
    return tree;
  }

  /** Histograms and best splits of two new leaves: the smaller is counted, the larger is what is left of the parent. */
  private openChildren(
    task: GrowingTask,
    parent: OpenLeaf,
    left: OpenLeaf,
    right: OpenLeaf,
    open: LeafQueue<OpenLeaf>,
  ): void {
    const [small, large] = left.end - left.begin <= right.end - right.begin ? [left, right] : [right, left];
    const { ofNode, ofTree } = task.columns;
    const whole = parent.histogram;
    if (!ofNode && this.splittable(large)) {
      const counted = this.splittable(small) || whole ? this.count(task, small.begin, small.end, ofTree) : null;
      if (whole && counted) {
        subtractHistogram(whole, counted, this.matrix, this.layout, ofTree);
        large.histogram = whole;
      } else large.histogram = this.count(task, large.begin, large.end, ofTree);
      if (this.splittable(small)) small.histogram = counted;
      else if (counted) this.giveBack(counted);
    } else if (whole) this.giveBack(whole);
    for (const leaf of [left, right]) if (this.splittable(leaf)) this.searchAndKeep(task, leaf, open);
  }

  private searchAndKeep(task: GrowingTask, leaf: OpenLeaf, open: LeafQueue<OpenLeaf>): void {
    this.search(task, leaf);
    if (leaf.split.column >= 0) open.push(leaf);
    if (leaf.histogram && (leaf.split.column < 0 || this.kept > this.keptAtMost)) {
      this.giveBack(leaf.histogram);
      leaf.histogram = null;
    }
  }

  private splittable({ begin, end, depth }: OpenLeaf): boolean {
    const { maxDepth, minRowsPerLeaf } = this.growth;
    return end - begin >= 2 * minRowsPerLeaf && (maxDepth === 0 || depth < maxDepth);
  }

  private search(task: GrowingTask, leaf: OpenLeaf): void {
    const columns = task.columns.ofNode?.() ?? task.columns.ofTree;
    const histogram = leaf.histogram ?? this.count(task, leaf.begin, leaf.end, columns);
    for (const column of columns) {
      const { valueBins } = this.matrix.columns[column]!;
      const direction = this.growth.monotone?.[column] ?? 0;
      searchColumn(histogram, this.layout.offsets[column]!, valueBins, column, direction, leaf, leaf.split);
    }
    if (leaf.histogram === null) this.giveBack(histogram);
  }

  /** Histogram of rows, in a buffer of its own: `giveBack` it. */
  private count(task: GrowingTask, begin: number, end: number, columns: Int32Array): Float64Array {
    const { rows, rowUnit } = task;
    const histogram = this.free.pop() ?? new Float64Array(this.layout.length);
    this.kept += histogram.length;
    for (const column of columns) {
      const offset = this.layout.offsets[column]!;
      histogram.fill(0, offset, offset + 2 * (this.matrix.columns[column]!.valueBins + 1));
    }
    const { gradients, hessians } = this.gathered;
    gather(rows, begin, end, task.gradients, task.hessians, rowUnit, gradients, hessians);
    fillHistogram(histogram, this.matrix, this.layout, columns, rows, begin, end, gradients, hessians);
    return histogram;
  }

  private giveBack(histogram: Float64Array): void {
    this.kept -= histogram.length;
    if (this.kept + histogram.length * this.free.length < this.keptAtMost) this.free.push(histogram);
  }

  private partsOf(parent: OpenLeaf, middle: number): readonly [Part, Part] {
    const { begin, end, gradient, packed } = parent;
    const { leftGradient, leftPacked } = parent.split;
    const depth = parent.depth + 1;
    const [ofLeft, ofRight] = this.boundsBelow(parent);
    const right = { gradient: gradient - leftGradient, packed: packed - leftPacked };
    return [
      { begin, end: middle, depth, gradient: leftGradient, packed: leftPacked, ...ofLeft },
      { begin: middle, end, depth, ...right, ...ofRight },
    ];
  }

  /** What values the two children of a split may have. Beyond a constrained split, the middle of its two values is the bound. */
  private boundsBelow(parent: OpenLeaf): readonly [Bounds, Bounds] {
    const { lowest, highest, split, rowUnit } = parent;
    const direction = this.growth.monotone?.[split.column] ?? 0;
    const same = { lowest, highest };
    if (direction === 0) return [same, same];
    const left = leafValue(split.leftGradient, hessianIn(split.leftPacked, rowUnit), parent);
    const rightPacked = parent.packed - split.leftPacked;
    const right = leafValue(parent.gradient - split.leftGradient, hessianIn(rightPacked, rowUnit), parent);
    const middle = (left + right) / 2;
    const below = { lowest, highest: middle };
    const above = { lowest: middle, highest };
    return direction > 0 ? [below, above] : [above, below];
  }
}

type Bounds = Pick<SplitSearch, 'lowest' | 'highest'>;

interface GrowingTask {
  readonly rows: Int32Array;
  readonly gradients: Float64Array;
  readonly hessians: Float64Array;
  readonly rowUnit: number;
  readonly columns: ColumnChoice;
}

function sumsOf({ rows, gradients, hessians, rowUnit }: GrowingTask, begin: number, end: number) {
  let gradient = 0;
  let packed = 0;
  for (let i = begin; i < end; i++) {
    gradient += gradients[rows[i]!]!;
    packed += hessians[rows[i]!]! + rowUnit;
  }
  return { gradient, packed };
}

/** In the rows' order, so that each column's counting reads them one after the other; a row is counted on its hessian. */
function gather(
  rows: Int32Array,
  begin: number,
  end: number,
  gradients: Float64Array,
  hessians: Float64Array,
  rowUnit: number,
  gatheredGradients: Float64Array,
  gatheredHessians: Float64Array,
): void {
  for (let i = begin; i < end; i++) {
    const row = rows[i]!;
    gatheredGradients[i - begin] = gradients[row]!;
    gatheredHessians[i - begin] = hessians[row]! + rowUnit;
  }
}
