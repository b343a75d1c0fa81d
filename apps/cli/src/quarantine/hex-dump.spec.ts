import { hexDump } from './hex-dump.js';

describe('hexDump', () => {
  it('shows offsets, bytes and what is printable', () => {
    expect(hexDump(Buffer.from('\u0000\u0000\u0000\u0000\u0007nsw-1|price|0.5'))).toEqual([
      '00000000  00 00 00 00 07 6e 73 77  2d 31 7c 70 72 69 63 65  |.....nsw-1|price|',
      `00000010  7c 30 2e 35${' '.repeat(12)}  ${' '.repeat(23)}  ||0.5|`,
    ]);
  });

  it('stops where it was told to and says so', () => {
    expect(hexDump(Buffer.alloc(40), 16).at(-1)).toBe('… 24 more bytes');
  });
});
