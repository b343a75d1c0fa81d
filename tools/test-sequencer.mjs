import Sequencer from '@jest/test-sequencer';

/**
 * Integration tests first: one that begins late keeps a core for itself long after the others have nothing left to do. Unit
 * tests, of which the most take a fraction of a second, fill what is left.
 */
export default class LongOnesFirst extends Sequencer {
  sort(tests) {
    const isLong = ({ context }) => context.config.displayName?.name === 'integration';
    const sorted = super.sort([...tests]);
    return [...sorted.filter(isLong), ...sorted.filter((test) => !isLong(test))];
  }
}
