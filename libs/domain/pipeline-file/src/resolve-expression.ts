import { compileExpression, compilePredictionExpression, type CelCompileResult, type CelExpression } from '#domain/cel';
import type { Resolution } from './resolution.js';
import type { Path } from './yaml-source.js';

/** Compiles a CEL expression over `event`; where that fails, the error points into the expression. */
export function resolveExpression(text: string, path: Path, resolution: Resolution): CelExpression | undefined {
  return told(compileExpression(resolution.schema, text), text, path, resolution);
}

/** Likewise over `prediction`. */
export function resolvePredictionExpression(
  text: string,
  path: Path,
  resolution: Resolution,
): CelExpression | undefined {
  return told(compilePredictionExpression(text), text, path, resolution);
}

function told(result: CelCompileResult, text: string, path: Path, resolution: Resolution): CelExpression | undefined {
  if (result.ok) return result.compiled;
  const { message, start, end } = result.error;
  const part = text.slice(start, end);
  const where = part === '' ? 'at its end' : `at \`${part}\``;
  resolution.fail(path, `the expression is wrong ${where}: ${message}`, { at: 'character', offset: start });
  return undefined;
}
