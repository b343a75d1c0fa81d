import {
  ALERT_SCHEMA,
  EXPLANATION_SCHEMA,
  outcomeSchemaOf,
  predictionSchemaOf,
  topicOf,
  valueSubjectOf,
  type AvroRecordSchema,
  type AppliedPipeline,
  type PipelineDefinition,
  type PipelineStream,
} from '#contracts';

export interface SubjectSpec {
  readonly subject: string;
  readonly schema: AvroRecordSchema;
  readonly role: keyof AppliedPipeline['schemaIds'];
}

/** Registry subjects of a pipeline by TopicNameStrategy. Quarantine has none: it holds values as they came. */
export function pipelineSubjects(definition: PipelineDefinition): readonly SubjectSpec[] {
  const { label, monitoring, rollout, explain } = definition;
  const subject = (stream: PipelineStream): string => valueSubjectOf(topicOf(definition.name, stream));
  return [
    { subject: subject('events'), schema: definition.event.schema, role: 'event' },
    { subject: subject('validated'), schema: definition.event.schema, role: 'event' },
    { subject: subject('predictions'), schema: predictionSchemaOf(definition), role: 'prediction' },
    ...(label === undefined
      ? []
      : [
          { subject: subject('labels'), schema: label.schema, role: 'label' as const },
          { subject: subject('label-retries'), schema: label.schema, role: 'label' as const },
          { subject: subject('outcomes'), schema: outcomeSchemaOf(definition), role: 'outcome' as const },
        ]),
    ...(monitoring === undefined ? [] : [{ subject: subject('alerts'), schema: ALERT_SCHEMA, role: 'alert' as const }]),
    ...(rollout === undefined
      ? []
      : [{ subject: subject('shadows'), schema: predictionSchemaOf(definition), role: 'prediction' as const }]),
    ...(explain === undefined
      ? []
      : [{ subject: subject('explanations'), schema: EXPLANATION_SCHEMA, role: 'explanation' as const }]),
  ];
}
