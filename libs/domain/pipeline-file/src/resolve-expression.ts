import { compileExpression, type CelExpression } from '#domain/cel';
import type { Resolution } from './resolution.js';
import type { Path } from './yaml-source.js';

/** Compiles a CEL expression of the file; where that fails, the error points into the expression. */
export function resolveExpression(text: string, path: Path, resolution: Resolution): CelExpression | undefined {
  const result = compileExpression(resolution.schema, text);
  if (result.ok) return result.compiled;
  const { message, start, end } = result.error;
  const part = text.slice(start, end);
  const where = part === '' ? 'at its end' : `at \`${part}\``;
  resolution.fail(path, `the expression is wrong ${where}: ${message}`, { at: 'character', offset: start });
  return undefined;
}
