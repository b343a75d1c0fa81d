/** Cuts a list into runs of at most `maxBytes` and `maxItems`, keeping order; an item larger than `maxBytes` stands alone. */
export function splitByBytes<T>(
  items: readonly T[],
  sizeOf: (item: T) => number,
  maxBytes: number,
  maxItems: number,
): readonly (readonly T[])[] {
  const parts: T[][] = [];
  let part: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const size = sizeOf(item);
    if (part.length > 0 && (bytes + size > maxBytes || part.length >= maxItems)) {
      parts.push(part);
      part = [];
      bytes = 0;
    }
    part.push(item);
    bytes += size;
  }
  if (part.length > 0) parts.push(part);
  return parts;
}
