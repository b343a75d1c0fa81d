/** `share` of the rows without replacement, in their order (Knuth's selection sampling), written into `into`; how many. */
export function sampleWithout(rows: Int32Array, share: number, uniform: () => number, into: Int32Array): number {
  const wanted = Math.max(1, Math.round(rows.length * share));
  if (wanted === rows.length) {
    into.set(rows);
    return wanted;
  }
  let taken = 0;
  for (let i = 0; taken < wanted; i++) {
    if (uniform() * (rows.length - i) < wanted - taken) into[taken++] = rows[i]!;
  }
  return taken;
}

/** As many rows as `share` says, drawn with replacement, in their order, written into `into`; how many. */
export function sampleWith(rows: Int32Array, share: number, uniform: () => number, into: Int32Array): number {
  const wanted = Math.max(1, Math.round(rows.length * share));
  const times = new Uint16Array(rows.length);
  for (let i = 0; i < wanted; i++) times[Math.floor(uniform() * rows.length)]!++;
  let taken = 0;
  for (let i = 0; i < rows.length; i++) for (let left = times[i]!; left > 0; left--) into[taken++] = rows[i]!;
  return taken;
}

/** `share` of the columns, at least one, ascending. */
export function sampleColumns(columns: Int32Array, share: number, uniform: () => number): Int32Array {
  const into = new Int32Array(columns.length);
  return into.subarray(0, sampleWithout(columns, share, uniform, into));
}
