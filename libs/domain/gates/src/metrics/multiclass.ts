import { decisionAt } from '../scorer.js';
import { meanOf, type LabelledScores, type Metric } from './metric.js';

const EPSILON = Number.EPSILON;

/** Without a denominator 0, as scikit-learn has it: a class that the model has given up counts against it. */
const SHARES = {
  precision: (hit: number, decided: number) => (decided === 0 ? 0 : hit / decided),
  recall: (hit: number, _: number, actual: number) => (actual === 0 ? 0 : hit / actual),
  f1: (hit: number, decided: number, actual: number) => (decided + actual === 0 ? 0 : (2 * hit) / (decided + actual)),
} as const;

export const MULTICLASS: Readonly<Record<string, Metric>> = {
  accuracy: meanOf((rows, row) => Number(decided(rows, row) === rows.labels[row])),
  macro_precision: averaged('macro', 'precision'),
  macro_recall: averaged('macro', 'recall'),
  macro_f1: averaged('macro', 'f1'),
  weighted_precision: averaged('weighted', 'precision'),
  weighted_recall: averaged('weighted', 'recall'),
  weighted_f1: averaged('weighted', 'f1'),
  log_loss: meanOf(({ labels, scores, classScores }, row) => {
    const classes = classScores!.length / scores.length;
    const label = labels[row]!;
    const p = label < classes ? classScores![row * classes + label]! : 0;
    return -Math.log(Math.min(Math.max(p, EPSILON), 1 - EPSILON));
  }),
};

function decided({ rule, scores, classScores }: LabelledScores, row: number): number {
  return decisionAt(rule, { scores, classScores, problems: NONE }, row);
}

const NONE: ReadonlyMap<number, string> = new Map();

/** The mean over the classes that were decided or true: each alike, or by how many rows it truly has. */
function averaged(by: 'macro' | 'weighted', share: keyof typeof SHARES): Metric {
  return {
    prepare: (rows) => {
      const { labels, scores } = rows;
      const decisions = Uint32Array.from({ length: scores.length }, (_, row) => decided(rows, row));
      const classes =
        1 + decisions.reduce((most, one) => Math.max(most, one), Math.max(0, ...new Set(Array.from(labels))));
      return (weights) => {
        const hit = new Float64Array(classes);
        const chosen = new Float64Array(classes);
        const actual = new Float64Array(classes);
        for (let row = 0; row < decisions.length; row++) {
          const weight = weights === null ? 1 : weights[row]!;
          chosen[decisions[row]!]! += weight;
          actual[labels[row]!]! += weight;
          if (decisions[row] === labels[row]) hit[decisions[row]!]! += weight;
        }
        let sum = 0;
        let total = 0;
        for (let k = 0; k < classes; k++) {
          if (chosen[k]! + actual[k]! === 0) continue;
          const weight = by === 'macro' ? 1 : actual[k]!;
          sum += weight * SHARES[share](hit[k]!, chosen[k]!, actual[k]!);
          total += weight;
        }
        return sum / total;
      };
    },
  };
}
