import type { Feature, PipelineDefinition } from '#contracts';
import { canonicalJson } from './canonical-json.js';
import { change, diffFields, diffNamed, ms, plain, type DefinitionChange } from './definition-change.js';
import { diffLabel } from './diff-label.js';
import { diffLoop, diffTrainer } from './diff-loop.js';
import { diffMonitoring } from './diff-monitoring.js';

/** All differences, in the order of the file. Empty for definitions that are equal but for the order of their keys. */
export function diffDefinitions(before: PipelineDefinition, after: PipelineDefinition): readonly DefinitionChange[] {
  return [
    ...plain(
      'name',
      before.name,
      after.name,
      'topics and tables are named after it; apply it as a pipeline of its own',
      true,
    ),
    ...plain('description', before.description, after.description),
    ...diffRoles(before.event, after.event),
    ...diffFields('event.schema', before.event.schema.fields, after.event.schema.fields),
    ...diffNamed('expect', before.expectations, after.expectations),
    ...diffDedupe(before.dedupeWindowMs, after.dedupeWindowMs),
    ...diffFeatures(before.features, after.features),
    ...plain(
      'model.task',
      before.model.task,
      after.model.task,
      'scores in the log would mean two things; make a new pipeline',
      true,
    ),
    ...plain(
      'model.threshold',
      before.model.threshold,
      after.model.threshold,
      'decisions from now on follow the new one',
    ),
    ...diffTrainer(before.model.trainer, after.model.trainer),
    ...diffLabel(before.label, after.label),
    ...diffMonitoring(before.monitoring, after.monitoring),
    ...diffLoop(before, after),
    ...diffTopics(before.topics, after.topics),
  ];
}

const ROLES = {
  id: 'events of before and after would be told apart by different fields',
  key: 'events of one key would go to another partition than those before them',
  time: 'windows and lateness would run on another clock',
} as const;

function diffRoles(
  before: PipelineDefinition['event'],
  after: PipelineDefinition['event'],
): readonly DefinitionChange[] {
  return (['id', 'key', 'time'] as const).flatMap((role) =>
    plain(`event.${role}`, before[role], after[role], `${ROLES[role]}; make a new pipeline`, true),
  );
}

function diffDedupe(before: number | null, after: number | null): readonly DefinitionChange[] {
  if (before === after) return [];
  if (after === null) return [change('dedupe', 'events are no longer deduplicated', false)];
  if (before === null) return [change('dedupe', `events are deduplicated within ${after} ms`, false)];
  return [change('dedupe.window', `changes from ${before} ms to ${after} ms`, false)];
}

function diffFeatures(before: readonly Feature[], after: readonly Feature[]): readonly DefinitionChange[] {
  const known = new Map(before.map((feature) => [feature.name, feature]));
  const kept = new Set(after.map(({ name }) => name));
  const removed = before
    .filter(({ name }) => !kept.has(name))
    .map(({ name }) =>
      change(
        `features.${name}`,
        'the feature is removed, but the models registered before need it; make a new pipeline',
        true,
      ),
    );
  const others = after.flatMap((feature) => diffFeature(known.get(feature.name), feature));
  const orderBefore = before.flatMap(({ name }) => (kept.has(name) ? [name] : []));
  const orderAfter = after.flatMap(({ name }) => (known.has(name) ? [name] : []));
  const reordered = canonicalJson(orderBefore) !== canonicalJson(orderAfter);
  const order = change('features', 'the order changes; models registered from now on take them in the new one', false);
  return [...removed, ...others, ...(reordered ? [order] : [])];
}

function diffFeature(before: Feature | undefined, after: Feature): readonly DefinitionChange[] {
  const path = `features.${after.name}`;
  if (before === undefined)
    return [change(path, 'the feature is added; models registered before do not take it', false)];
  if (before.type !== after.type) {
    return [
      change(path, `the type changes from ${before.type} to ${after.type}; give the new feature another name`, true),
    ];
  }
  const [old, now] = [originOf(before), originOf(after)];
  if (old === now) return [];
  return [
    change(
      path,
      `is ${now} instead of ${old}; a model that was trained on the old one sees the new one at once`,
      false,
    ),
  ];
}

function originOf(feature: Feature): string {
  return feature.kind === 'field' ? `the field ${feature.field}` : `\`${feature.expression}\``;
}

function diffTopics(
  before: PipelineDefinition['topics'],
  after: PipelineDefinition['topics'],
): readonly DefinitionChange[] {
  return [
    ...diffPartitions(before.partitions, after.partitions),
    ...plain(
      'topics.replicationFactor',
      before.replicationFactor,
      after.replicationFactor,
      'Kafka changes it only by reassigning partitions (kafka-reassign-partitions); do that first, then keep the file as it is',
      true,
    ),
    ...plain('topics.retention', ms(before.retentionMs), ms(after.retentionMs)),
    ...plain('topics.maxMessageBytes', before.maxMessageBytes, after.maxMessageBytes),
  ];
}

function diffPartitions(before: number, after: number): readonly DefinitionChange[] {
  if (after < before) {
    return plain(
      'topics.partitions',
      before,
      after,
      'Kafka can not take partitions away; keep the number or make a new pipeline',
      true,
    );
  }
  const consequence =
    'keys move to other partitions, so that around the change events of one key may be out of order and a repeated event may pass';
  return plain('topics.partitions', before, after, consequence);
}
