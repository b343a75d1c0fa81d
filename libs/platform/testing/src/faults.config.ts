/** How hard the fault suites try. */
export interface FaultOptions {
  /** `small` (the default) belongs to every run of the tests, `full` to `npm run faults`. EDDYLINE_FAULTS */
  readonly size: 'small' | 'full';
  /** Of everything that a suite draws: the n-th arrival, the order, the stream. EDDYLINE_FAULTS_SEED, 1 by default. */
  readonly seed: number;
  /** File to which each suite appends a line of JSON; undefined: nobody asked. EDDYLINE_FAULTS_REPORT */
  readonly report: string | undefined;
}

export function faultOptions(): FaultOptions {
  const size = process.env['EDDYLINE_FAULTS'] || 'small';
  if (size !== 'small' && size !== 'full') {
    throw new Error(`EDDYLINE_FAULTS (${JSON.stringify(size)}) is neither "small" nor "full"`);
  }
  const seed = process.env['EDDYLINE_FAULTS_SEED'] || '1';
  if (!/^[1-9]\d{0,8}$/.test(seed)) {
    throw new Error(`EDDYLINE_FAULTS_SEED (${JSON.stringify(seed)}) is not a whole number from 1 to 999999999`);
  }
  return { size, seed: Number(seed), report: process.env['EDDYLINE_FAULTS_REPORT'] || undefined };
}

/** The one of two sizes that this run asks for: `const kills = faultRounds({ small: 12, full: 200 })`. */
export function faultRounds<T>(rounds: { readonly small: T; readonly full: T }): T {
  return rounds[faultOptions().size];
}
