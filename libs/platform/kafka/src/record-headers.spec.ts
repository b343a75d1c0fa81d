import { headersOf } from './record-headers.js';

describe('headersOf', () => {
  it('hands single-valued headers over as they are', () => {
    const headers = { a: Buffer.from('1') };
    expect(headersOf(headers)).toBe(headers);
  });

  it('takes the last value of a repeated header', () => {
    expect(headersOf({ a: [Buffer.from('1'), Buffer.from('2')], b: Buffer.from('3') })).toEqual({
      a: Buffer.from('2'),
      b: Buffer.from('3'),
    });
  });

  it('leaves a header without a value out, as Java clients may send it', () => {
    expect(headersOf({ a: null, b: Buffer.from('3'), c: [Buffer.from('1'), null as never] })).toEqual({
      b: Buffer.from('3'),
    });
  });

  it('reads none as none', () => {
    expect(headersOf(undefined)).toEqual({});
  });
});
