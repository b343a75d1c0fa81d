import type { ExplainDefinition } from '#contracts';
import { EXPLAINED } from './loop-defaults.js';
import type { Resolution } from './resolution.js';
import { resolvePredictionExpression } from './resolve-expression.js';
import type { ExplainSection } from './rollout.schema.js';
import { shareOf } from './share.js';

export function resolveExplain({ top, sample, when }: ExplainSection, resolution: Resolution): ExplainDefinition {
  if (when !== undefined) {
    const path = ['explain', 'when'];
    const type = resolvePredictionExpression(when, path, resolution)?.type ?? 'bool';
    if (type !== 'bool' && type !== 'dyn') {
      resolution.fail(path, `must be true or false; this one gives ${type}`);
    }
  }
  return {
    top: top ?? EXPLAINED.top,
    sample: sample === undefined ? EXPLAINED.sample : shareOf(sample),
    when: when ?? null,
  };
}
