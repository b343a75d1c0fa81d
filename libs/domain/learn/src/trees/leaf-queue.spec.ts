import fc from 'fast-check';
import { noSplit } from './best-split.js';
import { LeafQueue } from './leaf-queue.js';

it('leaves come by gain, the oldest of equal ones first', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(5))), (steps) => {
      const queue = new LeafQueue();
      let waiting: { node: number; gain: number }[] = [];
      for (const [node, gain] of steps.entries()) {
        if (gain !== null) {
          queue.push({ node, split: { ...noSplit(), gain } });
          waiting.push({ node, gain });
          continue;
        }
        const next = waiting.toSorted((a, b) => b.gain - a.gain || a.node - b.node)[0];
        expect(queue.pop()?.node).toBe(next?.node);
        waiting = waiting.filter((leaf) => leaf !== next);
      }
      expect(Array.from(queue, ({ node }) => node).toSorted()).toEqual(waiting.map(({ node }) => node).toSorted());
    }),
  );
});
