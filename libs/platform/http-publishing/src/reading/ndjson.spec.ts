import fc from 'fast-check';
import { BodyTooLarge, ndjsonLines, readLine } from './ndjson.js';

async function* inChunks(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function linesOf(text: string, size = 1_000, limitBytes = 1_000_000): Promise<string[]> {
  const lines: string[] = [];
  for await (const { line, bytes } of ndjsonLines(inChunks(text, size), limitBytes))
    lines.push(`${line}:${bytes.toString()}`);
  return lines;
}

describe('ndjsonLines', () => {
  it('counts empty lines and leaves them out', async () => {
    expect(await linesOf('\ufeffa\r\n\n  \n b \nc')).toEqual(['1:a', '4:b', '5:c']);
  });

  it('gives the same lines however the body is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('a', 'é', '\n', '\r\n', ' ', '€')),
        fc.integer({ min: 1, max: 7 }),
        async (parts, size) => {
          const text = parts.join('');
          expect(await linesOf(text, size)).toEqual(await linesOf(text));
        },
      ),
    );
  });

  it('hands over what came before the limit', async () => {
    const seen: number[] = [];
    const read = async () => {
      for await (const { line } of ndjsonLines(inChunks('1\n2\n3\n4\n', 2), 5)) seen.push(line);
    };
    await expect(read()).rejects.toThrow(BodyTooLarge);
    expect(seen).toEqual([1, 2]);
  });
});

describe('readLine', () => {
  it('refuses what is not UTF-8, rather than publish something else', () => {
    expect(readLine(Buffer.from([0x22, 0xff, 0x22]))).toMatchObject({ ok: false, problem: { status: 400 } });
  });

  it('names the column of a fault', () => {
    expect(readLine(Buffer.from('{"a":}'))).toMatchObject({
      ok: false,
      problem: { detail: "The event is not valid JSON at line 1, column 6: Unexpected token '}'.", position: 5 },
    });
  });
});
