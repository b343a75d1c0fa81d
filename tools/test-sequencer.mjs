import Sequencer from '@jest/test-sequencer';

/** A test that begins late and is long keeps a core for itself when the others have nothing left to do. */
const RANKS = [
  ({ context }) => context.config.displayName?.name === 'integration',
  // Those of the tools run whole programs, those of laws each law a hundred times.
  ({ path }) => path.startsWith(import.meta.dirname) || path.endsWith('.fuzz.spec.ts'),
  () => true,
];

/** Unit tests, of which the most take a fraction of a second, fill what the long ones leave. */
export default class LongOnesFirst extends Sequencer {
  sort(tests) {
    const rankOf = (test) => RANKS.findIndex((holds) => holds(test));
    // Stable: within a rank the order is jest's own, by what failed, what took long, what is large.
    return super.sort(tests).sort((a, b) => rankOf(a) - rankOf(b));
  }
}
