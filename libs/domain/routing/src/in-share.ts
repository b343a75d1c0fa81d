import { murmur3 } from './murmur3.js';

/** What an assignment is for; the number is counted up when the rule changes. Two of them are independent for equal salts. */
export type ShareDomain = 'route/v1' | 'flag/v1' | 'explain/v1';

const HASHES = 2 ** 32;
const TEXT = new TextEncoder();

/**
 * Whether a key belongs to a share of all keys. The same for the same arguments, at any time and in any process; independent of the
 * answer under another salt. A larger share has all the keys of a smaller one.
 *
 * @param salt as long as it stays, keys stay; without a zero character
 * @param share in [0, 1]: 0 is no key, 1 every key
 * @returns murmur3(`<domain>\0<salt>\0<key>` in UTF-8) < share · 2^32
 */
export function inShare(domain: ShareDomain, salt: string, key: string, share: number): boolean {
  return hashOf(domain, salt, key) < share * HASHES;
}

/** Whether the challenger serves the events of this key. */
export function isChallenger(salt: string, key: string, share: number): boolean {
  return inShare('route/v1', salt, key, share);
}

/** An unsigned 32-bit integer. */
export function hashOf(domain: ShareDomain, salt: string, key: string): number {
  return murmur3(utf8(`${domain}\0${salt}\0${key}`));
}

/** The encoder takes several times as long for the short ASCII texts that nearly all of these are. */
function utf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit > 0x7f) return TEXT.encode(text);
    bytes[at] = unit;
  }
  return bytes;
}
