import { decisionAt, type DecisionRule, type GateScores } from '../scorer.js';
import type { RowsSeen } from './rows-seen.js';

/** Decisions that would have been others. */
export interface Flips {
  /** That both scored. */
  readonly rows: number;
  readonly flipped: number;
  /** By `<served> → <candidate>`. */
  readonly kinds: Readonly<Record<string, number>>;
  /** Most first, of those with the most rows. */
  readonly slices: readonly { readonly slice: string; readonly rows: number; readonly flipped: number }[];
}

const TOLD = 20;

/** Each row by the threshold that was in force for it. @param rows that both scored */
export function flipsOf(
  rule: DecisionRule,
  seen: RowsSeen,
  served: GateScores,
  candidate: GateScores,
  rows: readonly number[],
): Flips {
  if (rule.task === 'regression') return { rows: rows.length, flipped: 0, kinds: {}, slices: [] };
  const kinds: Record<string, number> = {};
  const slices = seen.sliceColumns.map((_, column) => seen.valuesOf(column).map(() => ({ rows: 0, flipped: 0 })));
  let flipped = 0;
  for (const row of rows) {
    const own = { ...rule, threshold: seen.threshold(row) };
    const [before, after] = [decisionAt(own, served, row), decisionAt(own, candidate, row)];
    const isFlip = before !== after;
    for (const [column, counts] of slices.entries()) {
      const counted = counts[seen.sliceOf(column, row)]!;
      counted.rows++;
      counted.flipped += Number(isFlip);
    }
    if (!isFlip) continue;
    flipped++;
    const kind = `${named(rule, before)} → ${named(rule, after)}`;
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  return {
    rows: rows.length,
    flipped,
    kinds,
    slices: slices
      .flatMap((counts, column) => {
        const values = seen.valuesOf(column);
        return counts.map((counted, value) => ({ slice: `${seen.sliceColumns[column]}=${values[value]}`, ...counted }));
      })
      .filter((slice) => slice.rows > 0)
      .sort((a, b) => b.rows - a.rows)
      .slice(0, TOLD)
      .sort((a, b) => b.flipped / b.rows - a.flipped / a.rows || b.rows - a.rows),
  };
}

function named({ task }: DecisionRule, decision: number): string {
  if (task === 'binary-classification') return decision === 1 ? 'positive' : 'negative';
  return String(decision);
}
