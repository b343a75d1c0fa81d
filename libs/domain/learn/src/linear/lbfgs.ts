import type { LinearOptions } from './linear-fit.js';

export interface Minimum {
  readonly at: Float64Array;
  readonly converged: boolean;
  readonly iterations: number;
}

/** Pairs of steps and changes of slope that the curvature is told by. */
const MEMORY = 12;
/** Share of the promised descent that a step must bring (Armijo). */
const SUFFICIENT = 1e-4;
/** To which a sum over many rows is known. */
const PRECISION = 1e-14;

/**
 * Minimum of a smooth convex function by L-BFGS (Nocedal and Wright 2006, algorithm 7.5) with backtracking. Deterministic.
 *
 * @param evaluate value at a point, its gradient written into `gradient`
 * @param tolerance converged when no component of the gradient is larger
 */
export function minimize(
  start: Float64Array,
  evaluate: (at: Float64Array, gradient: Float64Array) => number,
  { maxIterations, tolerance, onIteration }: Pick<LinearOptions, 'maxIterations' | 'tolerance' | 'onIteration'>,
): Minimum {
  let at = start;
  let gradient: Float64Array = new Float64Array(at.length);
  let value = evaluate(at, gradient);
  const steps: { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[] = [];
  let iterations = 0;
  for (; iterations < maxIterations && largestOf(gradient) > tolerance; iterations++) {
    onIteration(iterations);
    const direction = descentOf(gradient, steps);
    const slope = dot(direction, gradient);
    const next = new Float64Array(at.length);
    const nextGradient = new Float64Array(at.length);
    let length = steps.length === 0 ? Math.min(1, 1 / norm(gradient)) : 1;
    let nextValue = Infinity;
    let isBetter = false;
    for (; length > 1e-14; length /= 2) {
      for (let i = 0; i < at.length; i++) next[i] = at[i]! + length * direction[i]!;
      nextValue = evaluate(next, nextGradient);
      isBetter =
        nextValue <= value + SUFFICIENT * length * slope ||
        // Near the minimum the value cannot tell any more, but its gradient can (Hager and Zhang 2005).
        (nextValue <= value + PRECISION * Math.abs(value) && largestOf(nextGradient) < largestOf(gradient));
      if (isBetter) break;
    }
    if (!isBetter) break;
    const s = next.map((x, i) => x - at[i]!);
    const y = nextGradient.map((g, i) => g - gradient[i]!);
    const curvature = dot(s, y);
    if (curvature > 0) steps.push({ s, y, rho: 1 / curvature });
    if (steps.length > MEMORY) steps.shift();
    at = next;
    gradient = nextGradient;
    value = nextValue;
  }
  return { at, converged: largestOf(gradient) <= tolerance, iterations };
}

/** The two-loop recursion: −H·gradient, H the inverse curvature as the steps tell it. */
function descentOf(
  gradient: Float64Array,
  steps: readonly { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[],
): Float64Array {
  const q = gradient.slice();
  const alphas = steps.map(() => 0);
  for (let i = steps.length - 1; i >= 0; i--) {
    const { s, y, rho } = steps[i]!;
    const alpha = (alphas[i] = rho * dot(s, q));
    for (let j = 0; j < q.length; j++) q[j] = q[j]! - alpha * y[j]!;
  }
  const last = steps.at(-1);
  const scale = last ? 1 / (last.rho * dot(last.y, last.y)) : 1;
  for (let j = 0; j < q.length; j++) q[j] = q[j]! * scale;
  for (const [i, { s, y, rho }] of steps.entries()) {
    const beta = rho * dot(y, q);
    for (let j = 0; j < q.length; j++) q[j] = q[j]! + (alphas[i]! - beta) * s[j]!;
  }
  return q.map((component) => -component);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function norm(a: Float64Array): number {
  return Math.sqrt(dot(a, a));
}

function largestOf(a: Float64Array): number {
  return a.reduce((largest, component) => Math.max(largest, Math.abs(component)), 0);
}
