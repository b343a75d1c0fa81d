/** Revisions take the upper 48 bits. */
const CHECKSUM_BITS = 16n;
const LARGEST_REVISION = 2n ** 48n - 1n;

/**
 * By which one label of an event outranks another: the higher revision; of equal revisions, as two sources may send
 * them, one that depends on what the labels say and not on when they came. So any order of arrival ends in the same.
 *
 * @param revision a whole number; below 0 counts as 0, and 2^48 or more as 2^48 − 1
 * @returns revision · 2^16 + checksum of the label: an unsigned 64-bit integer
 */
export function labelRank(revision: number, label: number): bigint {
  const whole = BigInt(Math.max(0, Math.trunc(revision)));
  const held = whole > LARGEST_REVISION ? LARGEST_REVISION : whole;
  return (held << CHECKSUM_BITS) + BigInt(checksum(label));
}

/** FNV-1a (32 bits, folded to 16) over the double's bytes, big endian; all NaN are one, and so are 0 and −0. */
function checksum(label: number): number {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setFloat64(0, Number.isNaN(label) ? Number.NaN : label + 0);
  let hash = 0x811c9dc5;
  for (let at = 0; at < 8; at++) hash = Math.imul(hash ^ bytes.getUint8(at), 0x01000193) >>> 0;
  return (hash >>> 16) ^ (hash & 0xffff);
}
