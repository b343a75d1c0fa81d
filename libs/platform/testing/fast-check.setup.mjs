// How often each property is tried: 100 times is fast-check's own choice, made for every run of the tests. A long run asks for
// more (FAST_CHECK_NUM_RUNS), or for one seed again that a failure printed (FAST_CHECK_SEED).
const { FAST_CHECK_NUM_RUNS, FAST_CHECK_SEED } = process.env;

if (FAST_CHECK_NUM_RUNS || FAST_CHECK_SEED) {
  const { default: fc } = await import('fast-check');
  fc.configureGlobal({
    ...(FAST_CHECK_NUM_RUNS ? { numRuns: wholeNumber('FAST_CHECK_NUM_RUNS', FAST_CHECK_NUM_RUNS) } : {}),
    ...(FAST_CHECK_SEED ? { seed: wholeNumber('FAST_CHECK_SEED', FAST_CHECK_SEED) } : {}),
  });
}

function wholeNumber(name, text) {
  if (!/^-?[1-9]\d*$/.test(text)) throw new Error(`${name} (${JSON.stringify(text)}) is not a whole number`);
  return Number(text);
}
