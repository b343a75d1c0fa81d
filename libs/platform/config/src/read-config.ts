import type { z } from 'zod';
import { variableOf } from './variable.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ConfigProblem {
  readonly variable: string;
  /** As printed: quoted, masked when secret, `unset` when there is none. */
  readonly value: string;
  readonly message: string;
  readonly example: string;
}

export type ConfigResult<T> =
  { readonly ok: true; readonly config: T } | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

/**
 * Reads an object whose fields are tied to variables (`variable(…)`). An empty variable counts as unset, as shells and
 * compose files can hardly unset one. Reports every problem, not the first.
 */
export function readConfig<S extends z.ZodObject>(schema: S, environment: Environment): ConfigResult<z.infer<S>> {
  const input: Record<string, string | undefined> = {};
  for (const [field, fieldSchema] of Object.entries(schema.shape)) {
    const known = variableOf(fieldSchema as z.ZodType);
    if (known === undefined) throw new Error(`The field "${field}" is tied to no variable: wrap it in variable(…).`);
    const text = environment[known.variable];
    if (text !== undefined && text.trim() !== '') input[field] = text;
  }
  const parsed = schema.safeParse(input);
  if (parsed.success) return { ok: true, config: parsed.data };
  return {
    ok: false,
    problems: parsed.error.issues.map((issue) => {
      const field = String(issue.path[0]);
      const known = variableOf(schema.shape[field] as z.ZodType);
      const text = input[field];
      return {
        variable: known?.variable ?? field,
        value: text === undefined ? 'unset' : known?.secret ? '(hidden)' : JSON.stringify(text),
        message: text === undefined && issue.code === 'invalid_type' ? 'must be set' : issue.message,
        example: known?.example ?? '',
      };
    }),
  };
}

/** The problems as text for a terminal: one line each, an example below. */
export function formatConfigProblems(problems: readonly ConfigProblem[]): string {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const lines = problems.map(
    ({ variable, value, message, example }) =>
      `  ${variable} (${value}) ${message}\n    for example: ${variable}=${example}`,
  );
  return `${count} in the configuration:\n${lines.join('\n')}\n`;
}
