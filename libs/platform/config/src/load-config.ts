import type { z } from 'zod';
import { formatConfigProblems, readConfig, type Environment } from './read-config.js';

/**
 * Reads the configuration of this process. Prints every problem and ends the process with exit code 1 when it is wrong;
 * with `--validate` among the arguments it prints that all is well and ends with 0.
 */
export function loadConfig<S extends z.ZodObject>(schema: S, environment: Environment = process.env): z.infer<S> {
  const result = readConfig(schema, environment);
  if (!result.ok) {
    process.stderr.write(formatConfigProblems(result.problems));
    process.exit(1);
  }
  if (process.argv.includes('--validate')) {
    process.stderr.write('the configuration is valid\n');
    process.exit(0);
  }
  return result.config;
}
