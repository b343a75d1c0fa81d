import type { TreeEnsemble } from '#domain/trained-model';

/** Raw outputs of rows, each output's in turn: the ensemble as it is written down, read without any of what made it. */
export function rawOutputsOf({ base, trees }: TreeEnsemble, columns: readonly Float32Array[]): readonly Float64Array[] {
  const rows = columns[0]!.length;
  const raw = base.map((value) => new Float64Array(rows).fill(value));
  for (const { output, feature, threshold, missingLeft, left, right, value } of trees) {
    for (let row = 0; row < rows; row++) {
      let node = 0;
      while (feature[node]! >= 0) {
        const x = columns[feature[node]!]![row]!;
        // Not <=, not >: missing.
        const goesLeft = x <= threshold[node]! || (!(x > threshold[node]!) && missingLeft[node] === 1);
        node = goesLeft ? left[node]! : right[node]!;
      }
      raw[output]![row]! += value[node]!;
    }
  }
  return raw;
}
