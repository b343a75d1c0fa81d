import { createHash } from 'node:crypto';
import { holderOf } from './api-key-gate.js';

const digest = (key: string) => createHash('sha256').update(key).digest();
const KEYS = [
  { name: 'billing', sha256: digest('one') },
  { name: 'ops', sha256: digest('two') },
];

describe('holderOf', () => {
  it.each([
    ['one', 'billing'],
    ['two', 'ops'],
    ['three', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%p belongs to %p', (key, holder) => {
    expect(holderOf(KEYS, key)).toBe(holder);
  });

  it('takes no key for one whose hash is that of nothing', () => {
    expect(holderOf([{ name: 'empty', sha256: digest('') }], undefined)).toBe(undefined);
  });
});
