/** `; did you mean "x"?` for the nearest of the names, or nothing when none is near. */
export function didYouMean(word: string, names: Iterable<string>): string {
  let nearest: string | undefined;
  // A third of the letters may be wrong: more is another word.
  let best = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const name of names) {
    if (Math.abs(name.length - word.length) >= best) continue;
    const distance = editDistance(word.toLowerCase(), name.toLowerCase());
    if (distance < best) [best, nearest] = [distance, name];
  }
  return nearest === undefined ? '' : `; did you mean "${nearest}"?`;
}

/** Levenshtein distance, row by row. */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const substituted = previous[column - 1]! + (from[row - 1] === to[column - 1] ? 0 : 1);
      current.push(Math.min(substituted, previous[column]! + 1, current[column - 1]! + 1));
    }
    previous = current;
  }
  return previous[to.length]!;
}
