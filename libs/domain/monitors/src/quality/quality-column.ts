import {
  eventColumnNames,
  featureColumnName,
  type AvroSchema,
  type Feature,
  type PipelineDefinition,
  type Scalar,
} from '#contracts';

/** A column of the log, and what its values should be. */
export interface QualityColumn {
  readonly name: string;
  readonly type: 'number' | 'string' | 'other';
  /** From the pipeline's `expect`; undefined: there is none. */
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly values: readonly Scalar[] | undefined;
  /** Column of `model_reference` with the values that the model was trained on, where they are of the column's type. */
  readonly reference: string | undefined;
  /** The model takes it as it is. */
  readonly isServed: boolean;
}

/** What is known of a column: by its field, by the feature that it holds, or nothing. */
export function qualityColumn(name: string, { event, features, expectations }: PipelineDefinition): QualityColumn {
  const columns = eventColumnNames({ event, features });
  const feature = features.find((one) => featureColumnName(one.name) === name);
  const fieldName =
    feature === undefined
      ? event.schema.fields.find((field) => columns.get(field.name) === name)?.name
      : feature.kind === 'field'
        ? feature.field
        : undefined;
  const field = event.schema.fields.find((one) => one.name === fieldName);
  const served = feature ?? features.find((one) => one.kind === 'field' && one.field === fieldName);
  const type = feature?.type ?? (field === undefined ? 'other' : typeOf(field.type));
  const expected = expectations.filter((one) => 'field' in one && one.field === fieldName && one.field !== undefined);
  const range = expected.find((one) => one.kind === 'range');
  const set = expected.find((one) => one.kind === 'set');
  return {
    name,
    type,
    min: range?.kind === 'range' ? range.min : undefined,
    max: range?.kind === 'range' ? range.max : undefined,
    values: set?.kind === 'set' ? set.values : undefined,
    reference: served === undefined || !isOfType(served, type) ? undefined : featureColumnName(served.name),
    isServed: served !== undefined,
  };
}

function isOfType(feature: Feature, type: QualityColumn['type']): boolean {
  return feature.type === type;
}

/** Dates, decimals and what is nested are compared with nothing. */
function typeOf(schema: AvroSchema): QualityColumn['type'] {
  if (isUnion(schema)) {
    const branches = schema.filter((branch) => branch !== 'null');
    return branches.length === 1 ? typeOf(branches[0]!) : 'other';
  }
  if (typeof schema !== 'string') {
    if (schema.type === 'enum') return 'string';
    return schema.logicalType === undefined && typeof schema.type === 'string' ? typeOf(schema.type) : 'other';
  }
  if (schema === 'string') return 'string';
  return ['int', 'long', 'float', 'double'].includes(schema) ? 'number' : 'other';
}

function isUnion(schema: AvroSchema): schema is readonly AvroSchema[] {
  return Array.isArray(schema);
}
