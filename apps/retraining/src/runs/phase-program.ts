/** Injection token of the `URL` of what a phase's process runs. */
export const PHASE_PROGRAM = Symbol('eddyline.phase-program');

/** Beside this file, once it is built. */
export const BUILT_PHASE_PROGRAM = new URL('./phase-process.js', import.meta.url);
