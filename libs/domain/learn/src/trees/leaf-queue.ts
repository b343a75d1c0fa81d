import type { Split } from './best-split.js';

interface SplittableLeaf {
  readonly node: number;
  readonly split: Split;
}

/** Leaves by what their split gains, the oldest of equal ones first: a binary heap, since a forest's trees have thousands. */
export class LeafQueue<Leaf extends SplittableLeaf> {
  private readonly heap: Leaf[] = [];

  push(leaf: Leaf): void {
    const { heap } = this;
    let at = heap.push(leaf) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(leaf, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = leaf;
  }

  /** The leaf that gains most, taken out; undefined: there is none. */
  pop(): Leaf | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }

  [Symbol.iterator](): Iterator<Leaf> {
    return this.heap.values();
  }
}

function isBefore(a: SplittableLeaf, b: SplittableLeaf): boolean {
  return a.split.gain > b.split.gain || (a.split.gain === b.split.gain && a.node < b.node);
}
