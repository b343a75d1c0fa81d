import type { LabelDefinition } from '#contracts';
import { canonicalJson } from './canonical-json.js';
import { change, diffFields, ms, plain, type DefinitionChange } from './definition-change.js';

export function diffLabel(
  before: LabelDefinition | undefined,
  after: LabelDefinition | undefined,
): readonly DefinitionChange[] {
  if (before === undefined && after === undefined) return [];
  if (before === undefined) return [change('label', 'labels come back from now on', false)];
  if (after === undefined) {
    return [change('label', 'labels are no longer joined; the outcomes there are stay', false)];
  }
  return [
    ...diffFields('label.schema', before.schema.fields, after.schema.fields),
    ...plain('label', shown(before.match), shown(after.match), 'labels that wait are looked up by the new one'),
    ...plain(
      'label.field',
      before.field,
      after.field,
      'outcomes in the log would mean two things; make a new pipeline',
      true,
    ),
    ...diffValues(before.values, after.values),
    ...plain('label.time', before.time, after.time, 'delays from now on are told by the new one'),
    ...plain(
      'label.revision',
      before.revision,
      after.revision,
      'corrections would not outrank what was joined by the old one; make a new pipeline',
      true,
    ),
    ...plain('label.within', ms(before.withinMs), ms(after.withinMs), 'what counts as late or orphaned follows it'),
  ];
}

function shown(match: LabelDefinition['match']): string {
  return match.by === 'id' ? `by the id in ${match.field}` : `by the key in ${match.key} and the time in ${match.time}`;
}

function diffValues(before: LabelDefinition['values'], after: LabelDefinition['values']): readonly DefinitionChange[] {
  if (canonicalJson(before) === canonicalJson(after)) return [];
  if (before.kind === 'classes' && after.kind === 'classes') {
    const kept = before.classes.every((name, index) => after.classes[index] === name);
    const added = after.classes.slice(before.classes.length);
    if (kept) return [change('label.classes', `gets ${added.join(', ')} besides`, false)];
  }
  return plain(
    'label.classes',
    meaning(before),
    meaning(after),
    'outcomes in the log would mean two things; make a new pipeline',
    true,
  );
}

function meaning(values: LabelDefinition['values']): string {
  return values.kind === 'classes' ? values.classes.join(', ') : values.kind;
}
