import type { GuardDefinition } from '#contracts';
import { guardMetricsOf, isLargeGood, needsLabels } from './guard-metrics.js';
import type { LoopContext } from './loop-context.js';
import { defaultGuards, ERROR_GUARD, GUARD_MIN_ROWS } from './loop-defaults.js';
import type { GuardEntry, RolloutSection } from './rollout.schema.js';

/** In the order of their metrics, whatever that of the file. */
export function resolveGuards({ guard, steps }: RolloutSection, context: LoopContext): readonly GuardDefinition[] {
  if (guard === undefined) {
    const isGuarded = steps === undefined || steps.length > 0;
    if (isGuarded && context.task === 'regression' && context.hasLabel) {
      const message =
        'needs a bound in the unit of your label, which nobody else can know; add guard: { absolute_error: { worseBy: <number> } }';
      context.fail(['rollout'], message, { at: 'key' });
    }
    return sorted(defaultGuards(context.task, context.hasLabel));
  }
  const given = Object.entries(guard).map(([metric, entry]) => guardOf(metric, entry, context));
  return sorted(given.some(({ metric }) => metric === ERROR_GUARD.metric) ? given : [ERROR_GUARD, ...given]);
}

function guardOf(metric: string, { worseBy, above, minRows }: GuardEntry, context: LoopContext): GuardDefinition {
  const path = ['rollout', 'guard', metric];
  checkMetric(metric, context);
  if (above !== undefined && isLargeGood(metric)) {
    context.fail([...path, 'above'], `${metric} should be large; bound it by \`worseBy: <number>\``, { at: 'key' });
  }
  if (worseBy === undefined && above === undefined) {
    context.fail(path, 'bounds nothing; add `worseBy: <number>` or `above: <number>`');
  }
  return {
    metric,
    ...(worseBy === undefined ? {} : { worseBy }),
    ...(above === undefined ? {} : { above }),
    minRows: minRows ?? GUARD_MIN_ROWS,
  };
}

function checkMetric(metric: string, context: LoopContext): void {
  const { task, hasLabel, monitor } = context;
  const path = ['rollout', 'guard', metric];
  const business = (monitor?.business ?? []).flatMap((entry) => entry?.name ?? []);
  if (business.includes(metric)) return;
  if (task !== undefined && !guardMetricsOf(task).includes(metric)) {
    const known = [...guardMetricsOf(task), ...business];
    context.unknown('no guard has the metric', metric, known, path, 'there are', { at: 'key' });
  } else if (!hasLabel && needsLabels(metric)) {
    const message = `"${metric}" needs labels, and the file has no section \`label\`; add one, or guard by divergence or estimated_accuracy`;
    context.fail(path, message, { at: 'key' });
  }
}

function sorted(guards: readonly GuardDefinition[]): readonly GuardDefinition[] {
  return guards.toSorted((a, b) => (a.metric < b.metric ? -1 : a.metric > b.metric ? 1 : 0));
}
