import { text } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import { jsonAnswer } from './json-answer.js';

const items = (count: number): object[] => Array.from({ length: count }, (_, n) => ({ n, text: `"${n}"` }));

describe('a JSON answer', () => {
  it('is a text when it is short', () => {
    expect(jsonAnswer({ a: 1, b: [1, 2], c: undefined })).toBe('{"a":1,"b":[1,2]}');
  });

  it.each([501, 1_000, 1_001])('with %i items is the same JSON, as a stream', async (count) => {
    const answer = { before: undefined, accepted: 1, results: items(count), empty: [], after: { x: null } };
    const stream = jsonAnswer(answer) as Readable;
    expect(await text(stream)).toBe(JSON.stringify(answer));
  });

  it('lets others have their turn meanwhile', async () => {
    let turns = 0;
    const count = (): void => void (turns++, (timer = setImmediate(count)));
    let timer = setImmediate(count);
    await text(jsonAnswer({ results: items(5_000) }) as Readable);
    clearImmediate(timer);
    expect(turns).toBeGreaterThanOrEqual(9);
  });
});
