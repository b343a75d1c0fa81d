import { gunzipSync, gzipSync } from 'node:zlib';
import {
  DatasetUnreadable,
  DatasetWriter,
  holdoutFrom,
  packDataset,
  readDataset,
  type DatasetColumns,
  type DatasetRow,
} from './index.js';

const columns: DatasetColumns = {
  pipeline: 'grid',
  features: [
    { name: 'price', type: 'number' },
    { name: 'region', type: 'string' },
  ],
  slices: ['region'],
};
const row = (at: number, changes: Partial<DatasetRow> = {}): DatasetRow => ({
  id: `e-${at}`,
  time: 1_000 + at,
  features: [at / 3, at % 2 === 0 ? 'NSW' : null],
  label: at % 2,
  slices: ['NSW'],
  ...changes,
});

describe('a dataset', () => {
  it('comes back to the bit, also what JSON has no word for', async () => {
    const rows = [row(0), row(1, { features: [-Infinity, 'zürich\n'] }), row(2, { features: [null, 'Infinity'] })];
    const packed = await packDataset(columns, rows);
    expect(await readDataset(packed.bytes)).toEqual({ ...columns, rows });
    expect(packed).toMatchObject({ rows: 3, fromMs: 1_000, toMs: 1_002 });
  });

  it('is its columns, then a line for each row', async () => {
    const { bytes } = await packDataset(columns, [row(1)]);
    expect(gunzipSync(bytes).toString()).toBe(
      '{"pipeline":"grid","features":[{"name":"price","type":"number"},{"name":"region","type":"string"}],"slices":["region"]}\n' +
        '{"id":"e-1","time":1001,"features":[0.3333333333333333,null],"label":1,"slices":["NSW"]}\n',
    );
  });

  it('has the same hash however its rows came, and another for other rows', async () => {
    const rows = Array.from({ length: 20_000 }, (_, at) => row(at));
    const whole = await packDataset(columns, rows);
    const writer = new DatasetWriter(columns);
    for (let at = 0; at < rows.length; at += 777) await writer.write(rows.slice(at, at + 777));
    const piecewise = await writer.finish();
    expect(piecewise.sha256).toBe(whole.sha256);
    expect(Buffer.compare(piecewise.bytes, whole.bytes)).toBe(0);
    expect((await packDataset(columns, rows.slice(1))).sha256).not.toBe(whole.sha256);
    expect((await readDataset(whole.bytes)).rows).toEqual(rows);
  });

  it.each([
    ['is not packed', Buffer.from('{}'), 'cannot be unpacked'],
    ['has no columns', gzipSync('{"id":"a"}\n'), 'line 1'],
    ['has a row of other columns', gzipSync(`${JSON.stringify(columns)}\n{"id":"a","time":1,"features":[1],"label":0,"slices":["a"]}\n`), 'line 2'],
    ['has text where a number is due', gzipSync(`${JSON.stringify(columns)}\n{"id":"a","time":1,"features":["1","b"],"label":0,"slices":["a"]}\n`), 'line 2'],
    ['is cut off', gzipSync(`${JSON.stringify(columns)}\n{"id":"a"`), 'line 2'],
  ])('is refused where it %s', async (_, bytes, message) => {
    const refusal: unknown = await readDataset(bytes).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(DatasetUnreadable);
    expect((refusal as Error).message).toContain(message);
  }); // prettier-ignore

  it('keeps the newest rows apart', () => {
    expect(holdoutFrom(100, 0.2)).toBe(80);
    expect(holdoutFrom(19, 0.2)).toBe(16);
    expect(holdoutFrom(3, 0)).toBe(3);
  });
});
