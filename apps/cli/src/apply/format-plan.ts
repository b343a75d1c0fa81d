import type { ApplyPlan, Refusal } from './plan.js';

/** `+` made, `~` changed; one line for each step. */
export function formatPlan(plan: ApplyPlan): string[] {
  if (plan.steps.length === 0 && plan.refusals.length === 0) {
    return [`${plan.pipeline}: nothing to do, revision ${plan.revision} is in force`];
  }
  return [
    `${plan.pipeline}:`,
    ...plan.steps.map(({ action, description }) => `  ${action === 'create' ? '+' : '~'} ${description}`),
  ];
}

export function formatRefusals(pipeline: string, refusals: readonly Refusal[]): string {
  return [
    `${pipeline}: refused, nothing was changed`,
    ...refusals.flatMap(({ what, why, cure }) => [`  ✗ ${what}`, `    ${why}`, ...(cure ? [`    → ${cure}`] : [])]),
  ].join('\n');
}
