import type { AvroSchema, LabelDefinition, ModelTask } from '#contracts';
import { compileLabel, LARGEST_REVISION, type LabelRecord } from './compile-label.js';

const timestamp: AvroSchema = { type: 'long', logicalType: 'timestamp-millis' };
const micros: AvroSchema = { type: 'long', logicalType: 'timestamp-micros' };
const KNOWN = Date.UTC(2026, 0, 31, 12);
const TAKEN = Date.UTC(2026, 1, 1);

function reader(changes: Partial<LabelDefinition> = {}, task: ModelTask = 'binary-classification') {
  const label: LabelDefinition = {
    schema: {
      type: 'record',
      name: 'Label',
      fields: [
        { name: 'id', type: ['null', 'string'] },
        { name: 'said', type: ['null', 'double'] },
        { name: 'at', type: timestamp },
        { name: 'at_us', type: micros },
        { name: 'at_text', type: 'string' },
        { name: 'revision', type: 'long' },
        { name: 'region', type: 'string' },
      ],
    },
    match: { by: 'id', field: 'id' },
    field: 'said',
    values: { kind: 'number' },
    time: null,
    revision: null,
    withinMs: 1,
    ...changes,
  };
  const event = { schema: label.schema, id: 'id', key: 'region', time: 'at' };
  const read = compileLabel({ event, model: { task, threshold: 0.5 }, label });
  return (value: Readonly<Record<string, unknown>>, record: Partial<LabelRecord> = {}) =>
    read({ value: { id: 'e-1', said: 1, ...value }, ceTime: undefined, timestampMs: TAKEN, ...record });
}

const label = (reading: ReturnType<ReturnType<typeof reader>>) => (reading.ok ? reading.label : reading.reason);
const classes: Partial<LabelDefinition> = { values: { kind: 'classes', classes: ['no', 'yes'] } };

describe('what a label says', () => {
  it.each<[string, Partial<LabelDefinition>, ModelTask, unknown, number | string]>([
    ['one', {}, 'binary-classification', 1, 1],
    ['a half', {}, 'binary-classification', 0.5, 'set'],
    ['true', { values: { kind: 'boolean' } }, 'binary-classification', true, 1],
    ['one, where true or false is wanted', { values: { kind: 'boolean' } }, 'binary-classification', 1, 'type'],
    ['the positive class', classes, 'binary-classification', 'yes', 1],
    ['the negative class', classes, 'binary-classification', 'no', 0],
    ['no class that is known', classes, 'binary-classification', 'maybe', 'set'],
    ['the third class', {}, 'multiclass-classification', 2, 2],
    ['a class below the first', {}, 'multiclass-classification', -1, 'set'],
    ['between two classes', {}, 'multiclass-classification', 1.5, 'set'],
    ['a value', {}, 'regression', -12.5, -12.5],
    ['NaN', {}, 'regression', Number.NaN, 'not_finite'],
    ['infinity', {}, 'regression', Number.POSITIVE_INFINITY, 'not_finite'],
    ['a text', {}, 'regression', '1', 'type'],
    ['nothing', {}, 'regression', null, 'null_value'],
  ])('%s', (_what, changes, task, said, expected) => {
    const read = label(reader(changes, task)({ said }));
    expect(typeof read === 'string' ? read : read.value).toBe(expected);
  });

  it('is refused with a sentence that names the field, the value and what would do', () => {
    const reading = reader(classes)({ said: 'maybe' });
    expect(!reading.ok && reading.message).toBe('said is "maybe", none of the classes "no", "yes" (label.values)');
  });
});

describe('when a label became known', () => {
  const timeOf = (reading: ReturnType<ReturnType<typeof reader>>) =>
    reading.ok ? reading.label.timeMs : reading.reason;

  it('is what its field says, in whichever unit', () => {
    expect(timeOf(reader({ time: 'at' })({ at: KNOWN }))).toBe(KNOWN);
    expect(timeOf(reader({ time: 'at_us' })({ at_us: KNOWN * 1_000 + 7 }))).toBe(KNOWN);
    expect(timeOf(reader({ time: 'at_text' })({ at_text: '2026-01-31T12:00:00Z' }))).toBe(KNOWN);
  });

  it('is the time of the CloudEvent where no field says it, else that of the record', () => {
    expect(timeOf(reader()({}, { ceTime: '2026-01-31T12:00:00Z' }))).toBe(KNOWN);
    expect(timeOf(reader()({}, { ceTime: 'noon' }))).toBe(TAKEN);
    expect(timeOf(reader()({}))).toBe(TAKEN);
  });

  it('must be a time that the log can hold', () => {
    expect(timeOf(reader({ time: 'at_text' })({ at_text: 'noon' }))).toBe('type');
    expect(timeOf(reader({ time: 'at' })({ at: KNOWN * 1_000 }))).toBe('range');
    expect(timeOf(reader({ time: 'at' })({ at: null }))).toBe('null_value');
  });
});

describe('the revision of a label', () => {
  const revisionOf = (reading: ReturnType<ReturnType<typeof reader>>) =>
    reading.ok ? reading.label.revision : reading.reason;

  it('is its field, or else its time', () => {
    expect(revisionOf(reader({ revision: 'revision' })({ revision: 3 }))).toBe(3);
    expect(revisionOf(reader({ time: 'at' })({ at: KNOWN }))).toBe(KNOWN);
  });

  it.each([
    [0, 0],
    [LARGEST_REVISION, LARGEST_REVISION],
    [LARGEST_REVISION + 1, 'range'],
    [-1, 'range'],
    [1.5, 'type'],
    [null, 'null_value'],
  ])('%s becomes %s', (revision, expected) => {
    expect(revisionOf(reader({ revision: 'revision' })({ revision }))).toBe(expected);
  });

  it('needs a field of its own for labels of before 1970', () => {
    expect(revisionOf(reader({ time: 'at' })({ at: -1 }))).toBe('range');
  });
});

describe('the event of a label', () => {
  const eventOf = (reading: ReturnType<ReturnType<typeof reader>>) =>
    reading.ok ? reading.label.event : reading.reason;

  it('is named by its id', () => {
    expect(eventOf(reader()({ id: 'e-7' }))).toEqual({ by: 'id', id: 'e-7' });
    expect(eventOf(reader()({ id: 7 }))).toEqual({ by: 'id', id: '7' });
    expect(eventOf(reader()({ id: '' }))).toBe('length');
    expect(eventOf(reader()({ id: null }))).toBe('null_value');
  });

  it('is named by its key and time', () => {
    const read = reader({ match: { by: 'key_and_time', key: 'region', time: 'at' } });
    expect(eventOf(read({ region: 'NSW', at: KNOWN }))).toEqual({ by: 'key_and_time', key: 'NSW', timeMs: KNOWN });
    expect(eventOf(read({ region: 'NSW', at: 1e16 }))).toBe('range');
    expect(eventOf(read({ region: null, at: KNOWN }))).toBe('null_value');
  });
});
