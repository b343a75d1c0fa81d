import type { AvroRecordSchema, LabelDefinition, ModelTask, Scalar } from '#contracts';
import { eventFieldsOf, type EventField, type EventFieldKind } from '#domain/event-schema';
import { durationMs } from './duration.js';
import type { LabelSection } from './label.schema.js';
import type { PipelineFile } from './pipeline-file.schema.js';
import type { Resolution } from './resolution.js';

/** What of the file a label is held against; undefined where it could not be read. */
interface Surroundings {
  readonly event: PipelineFile['event'] | undefined;
  readonly model: PipelineFile['model'] | undefined;
}

type FieldKey = 'id' | 'key' | 'eventTime' | 'field' | 'time' | 'revision';

/** A label section being resolved: looks fields up and reports at its own keys. */
class Section {
  private readonly fields: ReadonlyMap<string, EventField>;

  constructor(
    readonly label: LabelSection,
    schema: AvroRecordSchema,
    private readonly surroundings: Surroundings,
    private readonly resolution: Resolution,
  ) {
    this.fields = eventFieldsOf(schema);
  }

  get task(): ModelTask | undefined {
    return this.surroundings.model?.task;
  }

  fail(key: keyof LabelSection | undefined, message: string): void {
    this.resolution.fail(key === undefined ? ['label'] : ['label', key], message);
  }

  /** The label's field that a key names, when it may be what the key wants; an error where not. */
  field(key: FieldKey, kinds: readonly EventFieldKind[], wanted: string): EventField | undefined {
    const name = this.label[key];
    if (name === undefined) return undefined;
    const field = this.resolution.fieldOf('label', this.fields, name, ['label', key]);
    if (field === undefined) return undefined;
    const what = key === 'field' ? 'the label' : `\`${key}\``;
    if (!kinds.includes(field.kind)) {
      this.fail(key, `${what} must be ${wanted}; "${name}" is ${field.typeName}`);
      return undefined;
    }
    if (field.nullable) this.fail(key, `${what} may never be null; "${name}" is ${field.typeName}`);
    return field;
  }

  /** The event's field in a role; undefined where the file does not name one. */
  ofEvent(role: 'id' | 'key'): EventField | undefined {
    const name = this.surroundings.event?.[role];
    return name === undefined ? undefined : this.resolution.fields.get(name);
  }
}

export function resolveLabel(
  label: LabelSection,
  schema: AvroRecordSchema,
  surroundings: Surroundings,
  resolution: Resolution,
): LabelDefinition | undefined {
  const it = new Section(label, schema, surroundings, resolution);
  const match = matchOf(it);
  const values = valuesOf(it);
  it.field('time', ['timestamp', 'string'], 'a timestamp-millis, timestamp-micros or ISO 8601 string');
  it.field('revision', ['integer'], 'an int or a long');
  const withinMs = durationMs(label.within);
  if (withinMs === 0) it.fail('within', 'must be more than 0: labels need time to come back');
  if (match === undefined || values === undefined) return undefined;
  return {
    schema,
    match,
    field: label.field,
    values,
    time: label.time ?? null,
    revision: label.revision ?? null,
    withinMs,
  };
}

function matchOf(it: Section): LabelDefinition['match'] | undefined {
  const { id, key, eventTime } = it.label;
  if (id !== undefined) {
    for (const other of ['key', 'eventTime'] as const) {
      if (it.label[other] !== undefined) it.fail(other, `has no effect beside \`id\`; leave one of the two out`);
    }
    compatible(it, 'id', it.field('id', ['string', 'integer'], 'a string, an int or a long'));
    return { by: 'id', field: id };
  }
  const known = it.field(
    'key',
    ['string', 'integer', 'enum', 'boolean'],
    'a string, an int, a long, an enum or a boolean',
  );
  compatible(it, 'key', known);
  it.field('eventTime', ['timestamp', 'string'], 'a timestamp-millis, timestamp-micros or ISO 8601 string');
  if (key !== undefined && eventTime !== undefined) return { by: 'key_and_time', key, time: eventTime };
  const missing = key === undefined ? 'key' : 'eventTime';
  it.fail(
    undefined,
    key === undefined && eventTime === undefined
      ? 'does not say whose label it is; add `id: <field>`, or `key: <field>` and `eventTime: <field>`'
      : `\`${missing}\` is missing: an event is found by its id, or by its key together with its time`,
  );
  return undefined;
}

/** Ids and keys meet as text: of the same kind, equal ones are equal texts. */
function compatible(it: Section, role: 'id' | 'key', field: EventField | undefined): void {
  const other = it.ofEvent(role);
  if (field === undefined || other === undefined || textKind(field) === textKind(other)) return;
  it.fail(
    role,
    `"${field.name}" is ${field.typeName}, but the event's ${role} "${other.name}" is ${other.typeName}; they must be of one kind to be compared`,
  );
}

function textKind({ kind }: EventField): EventFieldKind {
  return kind === 'enum' ? 'string' : kind;
}

function valuesOf(it: Section): LabelDefinition['values'] | undefined {
  const field = it.field(
    'field',
    ['boolean', 'integer', 'number', 'string', 'enum'],
    'a number, a boolean, a text or an enum',
  );
  if (field === undefined) return undefined;
  const classes = it.label.classes ?? (it.task === 'multiclass-classification' ? symbolsOf(field) : undefined);
  if (it.task === 'regression') return numberOf(it, field);
  if (classes !== undefined) return classesOf(it, field, classes);
  if (field.kind === 'string' || field.kind === 'enum') {
    const example = field.symbols.length >= 2 ? field.symbols.slice(0, 2).join(', ') : 'negative, positive';
    it.fail('field', `"${field.name}" is ${field.typeName}; say what its values mean: classes: [${example}]`);
    return undefined;
  }
  if (field.kind === 'boolean') {
    if (it.task === 'multiclass-classification')
      it.fail('field', `"${field.name}" is boolean, which has but two classes`);
    return { kind: 'boolean' };
  }
  return { kind: 'number' };
}

function symbolsOf({ symbols }: EventField): readonly string[] | undefined {
  return symbols.length >= 2 ? symbols : undefined;
}

function numberOf(it: Section, field: EventField): LabelDefinition['values'] | undefined {
  if (it.label.classes !== undefined) it.fail('classes', 'has no effect with `task: regression`; leave it out');
  if (field.kind === 'integer' || field.kind === 'number') return { kind: 'number' };
  it.fail('field', `a regression's label must be a number; "${field.name}" is ${field.typeName}`);
  return undefined;
}

function classesOf(it: Section, field: EventField, classes: readonly Scalar[]): LabelDefinition['values'] | undefined {
  if (field.kind === 'boolean' || field.kind === 'number') {
    const meaning = field.kind === 'boolean' ? 'true is 1' : 'its value is the class';
    it.fail('classes', `has no effect: "${field.name}" is ${field.typeName}, and ${meaning}; leave it out`);
    return undefined;
  }
  const texts = classes.map(String);
  if (it.task === 'binary-classification' && texts.length !== 2) {
    it.fail('classes', `a binary classification has two: [negative, positive]; these are ${texts.length}`);
  }
  const repeated = texts.find((text, index) => texts.indexOf(text) < index);
  if (repeated !== undefined) it.fail('classes', `has "${repeated}" twice`);
  const odd = texts.find((text) => !isValueOf(text, field));
  if (odd !== undefined) {
    const wanted = field.kind === 'enum' ? `one of ${field.symbols.join(', ')}` : 'a whole number';
    it.fail('classes', `"${odd}" is not ${wanted}, as "${field.name}" is`);
  }
  return { kind: 'classes', classes: texts };
}

function isValueOf(text: string, field: EventField): boolean {
  if (field.kind === 'enum') return field.symbols.includes(text);
  return field.kind !== 'integer' || /^-?\d+$/.test(text);
}
