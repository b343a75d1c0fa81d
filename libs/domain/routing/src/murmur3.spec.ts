import { murmur3 } from './murmur3.js';

const bytes = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

// The vectors by which implementations of MurmurHash3_x86_32 are known (SMHasher's function; the list of Ian Boyd).
it.each([
  ['nothing', bytes(''), 0, 0],
  ['nothing, seed 1', bytes(''), 1, 0x514e28b7],
  ['nothing, the largest seed', bytes(''), 0xffffffff, 0x81f16f39],
  ['one word of ones', bytes('ffffffff'), 0, 0x76293b50],
  ['little endian', bytes('21436587'), 0, 0xf55b516b],
  ['little endian, with a seed', bytes('21436587'), 0x5082edee, 0x2362f9de],
  ['a tail of three', bytes('214365'), 0, 0x7e4a8634],
  ['a tail of two', bytes('2143'), 0, 0xa0f7b07a],
  ['a tail of one', bytes('21'), 0, 0x72661cf4],
  ['zeros', bytes('00000000'), 0, 0x2362f9de],
  ['a tail of zeros', bytes('000000'), 0, 0x85f0b427],
  ['a zero', bytes('00'), 0, 0x514e28b7],
  ['a sentence', text('Hello, world!'), 0x9747b28c, 0x24884cba],
  ['a longer one', text('The quick brown fox jumps over the lazy dog'), 0x9747b28c, 0x2fa826cd],
  ['beyond ASCII', text('ππππππππ'), 0x9747b28c, 0xd58063c1],
])('%s', (_, message, seed, hash) => {
  expect(murmur3(message, seed)).toBe(hash);
});
