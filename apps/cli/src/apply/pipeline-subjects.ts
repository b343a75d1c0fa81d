import {
  predictionSchemaOf,
  topicOf,
  valueSubjectOf,
  type AvroRecordSchema,
  type PipelineDefinition,
} from '#contracts';

export interface SubjectSpec {
  readonly subject: string;
  readonly schema: AvroRecordSchema;
  readonly role: 'event' | 'prediction';
}

/** Registry subjects of a pipeline by TopicNameStrategy. Quarantine has none: it holds values as they came. */
export function pipelineSubjects(definition: PipelineDefinition): readonly SubjectSpec[] {
  const subject = (stream: 'events' | 'validated' | 'predictions'): string =>
    valueSubjectOf(topicOf(definition.name, stream));
  return [
    { subject: subject('events'), schema: definition.event.schema, role: 'event' },
    { subject: subject('validated'), schema: definition.event.schema, role: 'event' },
    { subject: subject('predictions'), schema: predictionSchemaOf(definition), role: 'prediction' },
  ];
}
