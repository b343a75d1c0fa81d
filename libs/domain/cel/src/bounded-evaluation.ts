import { compilePattern, type Pattern } from '#domain/linear-pattern';

/** The part of the library's syntax tree that is touched here. `evaluate` is its own to be replaced: the library does so too. */
interface EvaluatedNode {
  readonly op: string;
  readonly args: unknown;
  readonly meta: { readonly alternate?: unknown; readonly macro?: unknown };
  readonly start: number;
  readonly end: number;
  evaluate(evaluator: Evaluator, node: EvaluatedNode, context: unknown): unknown;
}

interface Evaluator {
  run(node: EvaluatedNode, context: unknown): unknown;
}

/** Steps of one evaluation, about a tenth of a second: a rule or a feature takes some dozens. */
const MOST_STEPS = 1_000_000;
/** A text or a list that is handed on counts as a step for each of so many of its characters or items. */
const SIZE_PER_STEP = 64;
/** Patterns that come from events, kept compiled. */
const MOST_PATTERNS = 64;

const EXHAUSTED = new Error(`takes more than ${MOST_STEPS} steps for this event; go through fewer or shorter lists`);

/** A pattern of `matches` that cannot be used, and where it stands in the expression. */
export interface PatternProblem {
  readonly message: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Makes the evaluation of a syntax tree end soon, whatever the expression and the event: lists within lists within lists take
 * steps by the product of their lengths, and JavaScript's regular expressions may take as long as they like.
 */
export class BoundedEvaluation {
  private steps = 0;
  private readonly patterns = new Map<string, Pattern>();

  private constructor() {}

  /** @param ast parsed and checked, not evaluated yet; changed in place */
  static of(ast: unknown): BoundedEvaluation | PatternProblem {
    const bounded = new BoundedEvaluation();
    const nodes = nodesOf(ast);
    for (const node of nodes) {
      const operands = matchesOperands(node);
      if (operands === undefined) continue;
      const [, pattern] = operands;
      if (pattern.op === 'value' && typeof pattern.args === 'string') {
        const compiled = compilePattern(pattern.args);
        if (!compiled.ok) return { message: `the pattern ${compiled.message}`, start: pattern.start, end: pattern.end };
      }
      bounded.matchLinearly(node, operands);
    }
    // Without loops and names a tree takes no more steps than it has nodes: the usual case costs nothing.
    if (nodes.some(({ op, meta }) => op === 'comprehension' || meta.macro !== undefined))
      nodes.forEach((node) => bounded.count(node));
    return bounded;
  }

  /** Before each evaluation. */
  begin(): void {
    this.steps = 0;
  }

  /** After each: some macros go on after an error, and would give a result that was never worked out. @throws Error */
  end(): void {
    if (this.steps > MOST_STEPS) throw EXHAUSTED;
  }

  private count(node: EvaluatedNode): void {
    const evaluate = node.evaluate;
    let own = evaluate;
    node.evaluate = (evaluator, it, context) => {
      if (++this.steps > MOST_STEPS) throw EXHAUSTED;
      // The library's nodes choose how they are evaluated when they first are, by replacing this very method.
      const counting = node.evaluate;
      const result = own.call(node, evaluator, it, context);
      if (node.evaluate !== counting) {
        own = node.evaluate;
        node.evaluate = counting;
      }
      if (typeof result === 'string' || Array.isArray(result)) this.steps += Math.floor(result.length / SIZE_PER_STEP);
      return result;
    };
  }

  private matchLinearly(node: EvaluatedNode, [subject, pattern]: readonly [EvaluatedNode, EvaluatedNode]): void {
    node.evaluate = (evaluator, _, context) => {
      const text = evaluator.run(subject, context);
      const source = evaluator.run(pattern, context);
      if (typeof text !== 'string' || typeof source !== 'string')
        throw new Error('matches() takes a text and a pattern');
      return this.patternOf(source).test(text);
    };
  }

  private patternOf(source: string): Pattern {
    const known = this.patterns.get(source);
    if (known !== undefined) return known;
    const compiled = compilePattern(source);
    if (!compiled.ok) throw new Error(`the pattern ${compiled.message}`);
    if (this.patterns.size >= MOST_PATTERNS) this.patterns.clear();
    this.patterns.set(source, compiled.pattern);
    return compiled.pattern;
  }
}

function matchesOperands({ op, args }: EvaluatedNode): readonly [EvaluatedNode, EvaluatedNode] | undefined {
  if (op !== 'rcall' || !Array.isArray(args) || args[0] !== 'matches') return undefined;
  const [, subject, rest] = args as unknown as readonly [string, unknown, readonly unknown[]];
  const [pattern, more] = Array.isArray(rest) ? (rest as readonly unknown[]) : [];
  return isNode(subject) && isNode(pattern) && more === undefined ? [subject, pattern] : undefined;
}

/** Every node of a tree once, those that macros were expanded to as well. */
function nodesOf(ast: unknown): readonly EvaluatedNode[] {
  const found = new Set<EvaluatedNode>();
  const seen = new Set<unknown>();
  const open: unknown[] = [ast];
  while (open.length > 0) {
    const it = open.pop();
    if (typeof it !== 'object' || it === null || seen.has(it)) continue;
    seen.add(it);
    if (isNode(it)) {
      found.add(it);
      open.push(it.args, it.meta.alternate, it.meta.macro);
    } else if (Array.isArray(it)) open.push(...(it as unknown[]));
    else {
      const { iterable, init, step, val, exp } = it as Readonly<Record<string, unknown>>;
      open.push(iterable, init, step, val, exp);
    }
  }
  return [...found];
}

function isNode(value: unknown): value is EvaluatedNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value && 'meta' in value;
}
