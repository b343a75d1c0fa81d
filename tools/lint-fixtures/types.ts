// as apps/inference/src/types.ts
import { emit, Outcome } from '#platform/outcomes'; // ✗ @typescript-eslint/consistent-type-imports

export function describeOutcome(outcome: Outcome, name: string): string {
  switch (outcome.kind) { // ✗ @typescript-eslint/switch-exhaustiveness-check
    case 'emit':
      return name + String(emit);
    case 'drop':
      return outcome.reason;
  }
  const unused = name == 'a'; // ✗ @typescript-eslint/no-unused-vars, eqeqeq
  return eval('1') + new Function('return 1')(); // ✗ no-eval, no-new-func
}
