import { APPLIED_PIPELINE_SCHEMA } from '#contracts';
import { parseAvroType } from '#platform/avro';
import { controlDecoder } from './decode-control.js';

const PIPELINE = {
  name: 'fraud',
  revision: 2,
  sha256: 'ab',
  applied_at: '2026-01-01T00:00:00.000Z',
  applied_by: 'ann',
  event_schema_id: 1,
  prediction_schema_id: 2,
  definition: '{}',
};

function written(record: object, without: readonly string[] = []): Buffer {
  const fields = APPLIED_PIPELINE_SCHEMA.fields.filter(({ name }) => !without.includes(name));
  const body = parseAvroType({ ...APPLIED_PIPELINE_SCHEMA, fields }).toBuffer(record);
  return Buffer.concat([Buffer.from([0, 0, 0, 0, 7]), body]);
}

describe('controlDecoder', () => {
  const decode = controlDecoder(APPLIED_PIPELINE_SCHEMA);

  it('reads what this version writes', () => {
    const record = { ...PIPELINE, other_schema_ids: '{"label":3}' };
    expect(decode(written(record))).toEqual(record);
  });

  it('reads what was written before pipelines had labels', () => {
    expect(decode(written(PIPELINE, ['other_schema_ids']))).toEqual({ ...PIPELINE, other_schema_ids: '{}' });
  });

  it.each([
    ['text', Buffer.from('{"name":"fraud"}')],
    ['nothing', Buffer.alloc(0)],
    ['a record that is cut off', written({ ...PIPELINE, other_schema_ids: '{}' }).subarray(0, 40)],
  ])('refuses %s', (_, value) => {
    expect(() => decode(value)).toThrow();
  });
});
