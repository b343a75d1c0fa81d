import { eventJsonSchema } from './json-schema.js';

describe('eventJsonSchema', () => {
  it('describes what a sender may write', () => {
    expect(
      eventJsonSchema({
        type: 'record',
        name: 'Event',
        doc: 'An event.',
        fields: [
          { name: 'id', type: 'string', doc: 'Its id.' },
          { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
          { name: 'n', type: ['null', 'double'] },
          { name: 'k', type: { type: 'enum', name: 'K', symbols: ['a'] }, default: 'a' },
        ],
      }),
    ).toEqual({
      title: 'Event',
      type: 'object',
      description: 'An event.',
      additionalProperties: false,
      required: ['id', 'at'],
      properties: {
        id: { type: 'string', description: 'Its id.' },
        at: {
          description: 'ISO 8601 with a time zone, or milliseconds since 1970',
          oneOf: [{ type: 'string', format: 'date-time' }, { type: 'integer' }],
        },
        n: { oneOf: [{ type: 'null' }, { type: 'number' }] },
        k: { type: 'string', enum: ['a'], default: 'a' },
      },
    });
  });
});
