import { HEADER } from '#contracts';
import { compileIdentity } from '#domain/event-schema';
import { aDefinition, applied, aRecord, JsonCodecs, READING } from '../../test/partition-log.js';
import { createEmitStep } from './emit.step.js';

const DEFINITION = aDefinition({ event: { schema: READING, id: 'id', key: 'price', time: 'at' } });
const EVENT = { id: 'a', at: Date.UTC(1996, 4, 7), price: 0.5 };
const ACCEPTED = { event: EVENT, imputed: false, flags: [], refused: null };

const emitStep = createEmitStep(applied(DEFINITION), compileIdentity(DEFINITION.event), new JsonCodecs());

describe('emitStep', () => {
  it('passes the bytes on, to the same partition number, under the key of the pipeline', () => {
    const record = aRecord(EVENT);
    const message = emitStep(record, ACCEPTED);
    expect(message.value).toBe(record.raw);
    expect(message).toMatchObject({ topic: 'readings.validated', partition: 3, key: '0.5' });
  });

  it('writes an imputed event anew', () => {
    const message = emitStep(aRecord({ ...EVENT, price: 99 }), { ...ACCEPTED, imputed: true });
    expect(message.value).toEqual(aRecord(EVENT).raw);
  });

  it('writes an event of another schema under the schema of the pipeline', () => {
    const message = emitStep(aRecord(EVENT, { schemaId: 9 }), ACCEPTED);
    expect(message.value).toEqual(aRecord(EVENT).raw);
  });

  it('fills the CloudEvents headers up', () => {
    expect(emitStep(aRecord(EVENT), ACCEPTED).headers).toEqual({
      ce_specversion: '1.0',
      ce_id: 'a',
      ce_time: '1996-05-07T00:00:00.000Z',
      ce_type: 'test.Reading',
      ce_source: '/eddyline/pipelines/readings',
    });
  });

  it('passes a header on whatever it is called', () => {
    const headers = Object.fromEntries([['__proto__', Buffer.from('a name like any other')]]);
    const message = emitStep(aRecord(EVENT, { headers }), ACCEPTED);
    expect(Object.entries(message.headers!)).toContainEqual(['__proto__', headers['__proto__']]);
    expect(Object.keys({ ...message.headers })).toHaveLength(6);
  });

  it('keeps the headers that came along, except flags of others', () => {
    const headers = {
      [HEADER.ceId]: Buffer.from('theirs'),
      custom: Buffer.from('kept'),
      [HEADER.flags]: Buffer.from('forged'),
    };
    const message = emitStep(aRecord(EVENT, { headers }), ACCEPTED);
    expect(message.headers).toMatchObject({ [HEADER.ceId]: headers[HEADER.ceId], custom: headers.custom });
    expect(message.headers).not.toHaveProperty(HEADER.flags);
  });

  it('takes away the word that a replay put the record here, for it did not put it on this topic', () => {
    const headers = {
      [HEADER.replayOf]: Buffer.from('2-17'),
      [HEADER.replayTo]: Buffer.from('readings.events'),
    };
    const message = emitStep(aRecord(EVENT, { headers }), ACCEPTED);
    expect(message.headers).toMatchObject({ [HEADER.replayOf]: headers[HEADER.replayOf] });
    expect(message.headers).not.toHaveProperty(HEADER.replayTo);
  });

  it('names the flags', () => {
    expect(emitStep(aRecord(EVENT), { ...ACCEPTED, flags: ['a.range', 'b'] }).headers).toMatchObject({
      [HEADER.flags]: 'a.range,b',
    });
  });
});
