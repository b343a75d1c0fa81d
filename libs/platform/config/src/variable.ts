import { z } from 'zod';

export interface VariableOptions {
  /** A value that would be right, shown in error messages. */
  readonly example: string;
  /** True: the value is never printed. */
  readonly secret?: boolean;
}

export interface Variable extends VariableOptions {
  /** The environment variable, e.g. `KAFKA_BROKERS`. */
  readonly variable: string;
}

const variables = z.registry<Variable>();

/** Ties a field of a configuration object to the environment variable that it is read from. */
export function variable<S extends z.ZodType>(name: string, schema: S, options: VariableOptions): S {
  // `clone` keeps two fields apart that share one schema object.
  const own = schema.clone();
  variables.add(own, { variable: name, ...options });
  return own;
}

export function variableOf(schema: z.ZodType): Variable | undefined {
  return variables.get(schema);
}
