import type { PipelineDefinition } from '#contracts';
import { parsePipelineFile } from './index.js';

const EVENT_SCHEMA = JSON.stringify({
  type: 'record',
  name: 'Reading',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'price', type: 'double' },
    { name: 'region', type: 'string' },
  ],
});

const LABEL_SCHEMA = JSON.stringify({
  type: 'record',
  name: 'Verdict',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'up', type: 'boolean' },
    { name: 'amount', type: 'double' },
  ],
});

/** A pipeline file of which only the loop is of interest; for specs. */
export interface LoopParts {
  readonly task?: string;
  /** Beside the task. */
  readonly model?: string;
  readonly label?: boolean;
  /** Sections of the monitor; the empty text: none. */
  readonly monitor?: string;
  /** Sections of the file. */
  readonly loop?: string;
}

function fileOf({
  task = 'binary-classification',
  model = '',
  label = true,
  monitor = '',
  loop = '',
}: LoopParts): string {
  const field = task === 'regression' ? 'amount' : 'up';
  return [
    'name: readings',
    'event: { schema: event.avsc, id: id, key: region, time: at }',
    'features: [price, region]',
    `model: { task: ${task}${model === '' ? '' : `, ${model}`} }`,
    ...(label ? [`label: { schema: label.avsc, id: id, field: ${field}, within: 2d }`] : []),
    ...(monitor === '' ? [] : [`monitor: { ${monitor} }`]),
    loop,
  ].join('\n');
}

export function definitionOf(parts: LoopParts): PipelineDefinition {
  const parsed = parsePipelineFile(fileOf(parts), EVENT_SCHEMA, LABEL_SCHEMA);
  if (!parsed.ok) throw new Error(parsed.errors.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  return parsed.definition;
}

export function reportOf(parts: LoopParts): readonly string[] {
  const parsed = parsePipelineFile(fileOf(parts), EVENT_SCHEMA, LABEL_SCHEMA);
  return parsed.ok ? [] : parsed.errors.map(({ path, message }) => `${path}: ${message}`);
}
