/** What the end-to-end tests take from the environment. */
export interface EndToEndOptions {
  /** Events that pass in `kill-nine.spec.ts`. EDDYLINE_E2E_EVENTS */
  readonly events: number;
  /** Seed of the moments at which services are killed. EDDYLINE_E2E_SEED */
  readonly seed: number;
}

export function endToEndOptions(): EndToEndOptions {
  return { events: wholeNumber('EDDYLINE_E2E_EVENTS', 200_000), seed: wholeNumber('EDDYLINE_E2E_SEED', 1) };
}

function wholeNumber(name: string, byDefault: number): number {
  const text = process.env[name];
  if (text === undefined || text === '') return byDefault;
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`${name} (${JSON.stringify(text)}) is not a whole number above 0`);
  return Number(text);
}

/** What child processes need of this process's environment; the addresses of a developer's own stack stay out. */
export function inheritedPath(): { readonly PATH: string } {
  return { PATH: process.env['PATH'] ?? '' };
}

/** Where the local stack finds the broker's jars, and Maven its settings should it have to fetch them. */
export function inheritedHome(): Readonly<Record<string, string>> {
  const names = ['HOME', 'XDG_CACHE_HOME'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
