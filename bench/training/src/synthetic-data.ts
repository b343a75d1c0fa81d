/** A classification task in columns of float32, the same on every machine. */
export interface SyntheticData {
  readonly columns: readonly Float32Array[];
  readonly labels: Float64Array;
}

/**
 * About one positive in five. Columns are normal, skewed, of few values, and uniform, in turn; every fifth misses one value in
 * twenty. The labels follow ten of them by steps, products and a straight line, with noise; the others say nothing.
 */
export function syntheticData(rows: number, width: number, seed: number): SyntheticData {
  const columns = Array.from({ length: width }, () => new Float32Array(rows));
  const labels = new Float64Array(rows);
  const uniform = uniforms(seed);
  const bell = () => (uniform() + uniform() + uniform() + uniform() - 2) * Math.sqrt(3);
  const row = new Float64Array(width);
  for (let i = 0; i < rows; i++) {
    for (let c = 0; c < width; c++) {
      const value = [bell, () => uniform() ** 4, () => Math.floor(uniform() * 8), uniform][c % 4]!();
      row[c] = value;
      columns[c]![i] = c % 5 === 4 && uniform() < 0.05 ? NaN : value;
    }
    const signal =
      0.9 * row[0]! +
      1.5 * (row[4 % width]! > 0.5 ? 1 : 0) +
      0.8 * row[8 % width]! * (row[3 % width]! - 0.5) +
      3 * row[1 % width]! * (row[2 % width]! > 4 ? 1 : -0.5) +
      0.3 * row[6 % width]! +
      Math.sin(6 * row[7 % width]!) +
      0.5 * Math.abs(row[12 % width]!);
    labels[i] = signal + 1.2 * bell() > 4 ? 1 : 0;
  }
  return { columns, labels };
}

/** Numbers in [0, 1): xorshift32. */
function uniforms(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
