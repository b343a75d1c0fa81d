import { gzipSync } from 'node:zlib';
import { formatReferenceRows, parseReferenceRows, ReferenceUnreadable } from './reference-rows.js';

const rows = [
  { features: { price: 0.25, region: 'NSW', wind: null }, score: 0.5, label: 1 },
  { features: { price: -1e300, region: 'zürich\n', wind: 0 }, score: 0, label: null },
];

describe('rows of a reference', () => {
  it('come back as they were written, from equal bytes', async () => {
    const bytes = await formatReferenceRows(rows);
    expect(await parseReferenceRows(bytes)).toEqual(rows);
    expect(Buffer.compare(await formatReferenceRows(rows), bytes)).toBe(0);
    expect(await parseReferenceRows(await formatReferenceRows([]))).toEqual([]);
  });

  it.each([
    ['is not packed', Buffer.from('{}'), 'it cannot be unpacked'],
    ['is cut off', gzipSync('{"features":{},"score":1,"label":0}\n').subarray(0, 30), 'it cannot be unpacked'],
    ['is no JSON', gzipSync('{"features":{},"score":1,"label":0}\n{\n'), 'line 2 is not'],
    ['has an empty line', gzipSync('\n{"features":{},"score":1,"label":0}'), 'line 1 is not'],
    ['has a feature that is a list', gzipSync('{"features":{"a":[]},"score":1,"label":0}'), 'line 1 is not'],
    ['has no score', gzipSync('{"features":{},"score":null,"label":0}'), 'line 1 is not'],
    ['has a label that is text', gzipSync('{"features":{},"score":1,"label":"0"}'), 'line 1 is not'],
  ])('are refused where the artifact %s', async (_, bytes, message) => {
    const refusal: unknown = await parseReferenceRows(bytes).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ReferenceUnreadable);
    expect((refusal as Error).message).toContain(message);
  });
});
