import type { AvroRecordSchema } from '#contracts';
import { csvTyping, fitColumns } from './csv-typing.js';

const SCHEMA: AvroRecordSchema = {
  type: 'record',
  name: 'Event',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'count', type: ['null', 'long'], default: null },
    { name: 'price', type: 'double' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'sold', type: 'boolean' },
    { name: 'tags', type: { type: 'array', items: 'string' }, default: [] },
  ],
};
const typed = csvTyping(SCHEMA);

describe('csvTyping', () => {
  it('types texts by the schema', () => {
    const row = { id: '7', count: '12', price: '1.5e2', at: '2026-01-01T00:00:00Z', sold: 'TRUE', tags: '["a"]' };
    expect(typed(row)).toEqual({ id: '7', count: 12, price: 150, at: '2026-01-01T00:00:00Z', sold: true, tags: ['a'] });
  });

  it('takes epoch numbers for times', () => {
    expect(typed({ at: '1767225600000' })).toEqual({ at: 1_767_225_600_000 });
  });

  it('leaves what does not fit as text, for the conversion to name', () => {
    expect(typed({ count: '1.5', price: 'NaN', sold: 'maybe', at: '99999999999999999999' })).toEqual({
      count: '1.5',
      price: 'NaN',
      sold: 'maybe',
      at: '99999999999999999999',
    });
  });

  it('takes an empty cell as null, as absent, or as empty text, by what the field allows', () => {
    expect(typed({ id: '', count: '', price: '', tags: '' })).toEqual({ id: '', count: null, price: '' });
  });

  it('leaves out columns that the schema does not have', () => {
    expect(typed({ id: 'a', label: '1' })).toEqual({ id: 'a' });
  });
});

describe('fitColumns', () => {
  it('tells extra columns from missing ones; a field with a default may be missing', () => {
    expect(fitColumns(SCHEMA, ['id', 'price', 'at', 'label'])).toEqual({ ignored: ['label'], missing: ['sold'] });
  });
});
