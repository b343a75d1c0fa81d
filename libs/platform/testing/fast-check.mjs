// What specs get for `fast-check` (jest.config.mjs). Every run of the tests tries the same made-up input, so that a failure
// belongs to a change and not to chance: seed 1, each law 100 times. FAST_CHECK_SEED takes a number, for what a failure
// printed, or `random`; FAST_CHECK_NUM_RUNS a count.
import fc from '../../../node_modules/fast-check/lib/fast-check.js';

const { FAST_CHECK_NUM_RUNS = '100', FAST_CHECK_SEED = '1' } = process.env;

fc.configureGlobal({
  numRuns: wholeNumber('FAST_CHECK_NUM_RUNS', FAST_CHECK_NUM_RUNS),
  ...(FAST_CHECK_SEED === 'random' ? {} : { seed: wholeNumber('FAST_CHECK_SEED', FAST_CHECK_SEED) }),
});

function wholeNumber(name, text) {
  if (!/^-?[1-9]\d*$/.test(text)) throw new Error(`${name} (${JSON.stringify(text)}) is not a whole number`);
  return Number(text);
}

export default fc;
