/** What child processes need of this process's environment; the addresses of a developer's own stack stay out. */
export function inheritedPath(): Readonly<Record<string, string>> {
  const { PATH = '', NODE_COMPILE_CACHE } = process.env;
  return { PATH, ...(NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE }) };
}

/** Where the local stack finds the broker's jars, and Maven its settings should it have to fetch them. */
export function inheritedHome(): Readonly<Record<string, string>> {
  const names = ['HOME', 'XDG_CACHE_HOME'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}
