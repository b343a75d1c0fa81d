import { eventOf, recordOf, type SchemasEvent } from './schemas-record.js';

describe('records of _schemas', () => {
  it("have the JSON of Confluent's registry", () => {
    expect(
      recordOf({ kind: 'version-written', subject: 's-value', version: 2, id: 7, schema: '"int"', deleted: false }),
    ).toEqual({
      key: '{"keytype":"SCHEMA","subject":"s-value","version":2,"magic":1}',
      value: '{"subject":"s-value","version":2,"id":7,"schema":"\\"int\\"","deleted":false}',
    });
    expect(recordOf({ kind: 'level-set', subject: null, level: 'FULL' })).toEqual({
      key: '{"keytype":"CONFIG","subject":null,"magic":0}',
      value: '{"compatibilityLevel":"FULL"}',
    });
    expect(recordOf({ kind: 'subject-deleted', subject: 's', upToVersion: 3 })).toEqual({
      key: '{"keytype":"DELETE_SUBJECT","subject":"s","magic":0}',
      value: '{"subject":"s","version":3}',
    });
  });

  it.each<SchemasEvent>([
    { kind: 'version-written', subject: 's', version: 1, id: 1, schema: '"string"', deleted: true },
    { kind: 'version-erased', subject: 's', version: 1 },
    { kind: 'subject-deleted', subject: 's', upToVersion: 1 },
    { kind: 'level-set', subject: 's', level: 'NONE' },
    { kind: 'level-set', subject: 's', level: undefined },
  ])('read back as they were written: %j', (event) => {
    expect(eventOf(recordOf(event))).toEqual(event);
  });

  it.each([
    { key: '{"keytype":"NOOP","magic":0}', value: null },
    { key: '{"keytype":"MODE","subject":null,"magic":0}', value: '{"mode":"READWRITE"}' },
    {
      key: '{"keytype":"SCHEMA","subject":"p","version":1,"magic":1}',
      value: '{"subject":"p","version":1,"id":3,"schemaType":"PROTOBUF","schema":"…"}',
    },
    { key: 'not json', value: null },
  ])('of other kinds change nothing: %j', (record) => {
    expect(eventOf(record)).toBeUndefined();
  });
});
