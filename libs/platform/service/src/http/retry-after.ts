const LONGEST_SECONDS = 15;

/**
 * Whole seconds after which a refused request may come again: until half of what is held has drained at the present rate, at
 * least 1 and at most 15, and up to twice that by chance, lest all that were refused together come back together.
 * @param random in [0, 1)
 */
export function retryAfterSeconds(heldBytes: number, drainedBytesPerSecond: number, random: number): number {
  const seconds = drainedBytesPerSecond > 0 ? heldBytes / 2 / drainedBytesPerSecond : LONGEST_SECONDS;
  const least = Math.min(LONGEST_SECONDS, Math.max(1, Math.ceil(seconds)));
  return least + Math.floor(random * (least + 1));
}
