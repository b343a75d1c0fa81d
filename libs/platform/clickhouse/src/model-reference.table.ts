import { databaseOf, featureColumnName, type PipelineDefinition } from '#contracts';
import * as types from './column-type.js';
import { column, word } from './column.js';
import { featureType } from './prediction-columns.js';
import type { Table } from './table.js';

/** A row that a model was trained on. */
export interface ModelReferenceRow {
  readonly modelVersion: string;
  /** Counted from 0 in the order of the artifact. */
  readonly row: number;
  /** As the model took them; null or left out: missing. */
  readonly features: Readonly<Record<string, number | string | null>>;
  readonly score: number;
  readonly label: number | null;
}

/** What models came with: drift is held against it. */
export function modelReferenceTable({
  name,
  features,
}: Pick<PipelineDefinition, 'name' | 'features'>): Table<ModelReferenceRow> {
  return {
    database: databaseOf(name),
    name: 'model_reference',
    comment: `Rows that the models of the pipeline ${name} were trained on, with the scores that they gave them`,
    columns: [
      column('model_version', word, (row) => row.modelVersion, 'version of the model'),
      column('row', types.uint32, (row) => row.row, 'place in what the model came with, from 0', 'Delta(4), ZSTD(1)'),
      column('score', types.float64, (row) => row.score, 'as score in predictions'),
      column('label', types.nullable(types.float64), (row) => row.label, 'as label in outcomes; null: not known'),
      ...features.map((feature) =>
        column<ModelReferenceRow>(
          featureColumnName(feature.name),
          featureType(feature.type),
          (row) => row.features[feature.name],
          `feature ${feature.name}`,
        ),
      ),
    ],
    aliases: [],
    indexes: [],
    orderBy: ['model_version', 'row'],
    identity: ['model_version', 'row'],
  };
}
