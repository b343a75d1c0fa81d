import type { OutboundMessage } from '#platform/outcomes';
import fc from 'fast-check';
import { sizeOf } from './outbound-message.js';
import { packSends } from './pack-sends.js';

function aMessage(topic: string, bytes: number): OutboundMessage {
  return { topic, key: 'k', value: Buffer.alloc(bytes) };
}

describe('packSends', () => {
  it('puts what fits into one send', () => {
    const messages = [aMessage('a', 100), aMessage('b', 100), aMessage('a', 100)];
    expect(packSends(messages, new Map(Object.entries({ a: 1_000, b: 1_000 })))).toEqual([[0, 1, 2]]);
  });

  it('keeps each topic below its own limit', () => {
    const messages = [aMessage('small', 300), aMessage('large', 3_000), aMessage('small', 300), aMessage('small', 300)];
    const limits = new Map(Object.entries({ small: 1_000, large: 100_000 }));
    expect(packSends(messages, limits)).toEqual([[0, 1, 2], [3]]);
  });

  it('leaves a message that exceeds the limit alone', () => {
    const messages = [aMessage('a', 10), aMessage('a', 5_000), aMessage('a', 10), aMessage('a', 10)];
    expect(packSends(messages, new Map([['a', 1_000]]))).toEqual([[0], [1], [2, 3]]);
  });

  it('cuts at 512 messages and at 900 KiB where no limit is known', () => {
    const many = Array.from({ length: 1_000 }, () => aMessage('a', 10));
    expect(packSends(many, new Map()).map(({ length }) => length)).toEqual([512, 488]);
    const large = Array.from({ length: 3 }, () => aMessage('a', 400 << 10));
    expect(packSends(large, new Map())).toEqual([[0, 1], [2]]);
  });

  it('sends everything once, in order, and no topic above its limit in company', () => {
    const messages = fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.nat(1_500)), { maxLength: 60 });
    fc.assert(
      fc.property(messages, fc.integer({ min: 200, max: 2_000 }), (drawn, limit) => {
        const list = drawn.map(([topic, bytes]) => aMessage(topic, bytes));
        const sends = packSends(list, new Map(Object.entries({ a: limit, b: 2 * limit })));
        expect(sends.flat()).toEqual(list.map((_, index) => index));
        for (const send of sends.filter(({ length }) => length > 1)) {
          const ofA = send.map((index) => list[index]!).filter(({ topic }) => topic === 'a');
          expect(ofA.reduce((sum, message) => sum + sizeOf(message), 0)).toBeLessThanOrEqual(limit);
        }
      }),
    );
  });
});
