import type { OpenApiPatch } from '#platform/service';
import type { Subject } from './candidate.js';
import { MEDIA_TYPE } from './reading/read-request.js';

type Mutable = Record<string, unknown>;

export interface DescribedDoor {
  readonly subject: Subject;
  /** As the document has it, e.g. `/v1/pipelines/{pipeline}/events`. */
  readonly path: string;
  /** JSON Schema of what is taken, by pipeline; asked whenever the document is. */
  readonly schemas: () => ReadonlyMap<string, object>;
}

/** Adds to a service's OpenAPI document what the pipelines in force take: their names and schemas. */
export function describeDoor({ subject, path, schemas }: DescribedDoor): OpenApiPatch {
  const nameOf = (pipeline: string): string => `${subject}-${pipeline}`;
  return (document) => {
    const taken = [...schemas()];
    const names = taken.map(([pipeline]) => pipeline);
    const item =
      names.length === 0 ? {} : { anyOf: names.map((name) => ({ $ref: `#/components/schemas/${nameOf(name)}` })) };
    const described = structuredClone(document);
    const operation = described.paths[path]?.post as unknown as Mutable | undefined;
    if (operation === undefined) return described;
    operation['requestBody'] = { required: true, content: contentOf(item, subject) };
    const [parameter] = operation['parameters'] as { schema?: Mutable }[];
    if (parameter !== undefined && names.length > 0) parameter.schema = { type: 'string', enum: names };
    const own = Object.fromEntries(taken.map(([pipeline, schema]) => [nameOf(pipeline), schema]));
    described.components = {
      ...described.components,
      schemas: { ...described.components?.schemas, ...own } as NonNullable<typeof described.components>['schemas'] &
        object,
    };
    return described;
  };
}

function contentOf(item: object, subject: Subject): object {
  const cloudEvent = {
    type: 'object',
    required: ['specversion', 'id', 'source', 'type', 'data'],
    properties: {
      specversion: { const: '1.0' },
      id: { type: 'string' },
      source: { type: 'string', format: 'uri-reference' },
      type: { type: 'string' },
      time: { type: 'string', format: 'date-time' },
      data: item,
    },
  };
  return {
    [MEDIA_TYPE.json]: { schema: { anyOf: [item, { type: 'array', items: item }] } },
    [MEDIA_TYPE.ndjson[0]]: { schema: { type: 'string', description: `One ${subject} as JSON per line` } },
    [MEDIA_TYPE.cloudEvent]: { schema: cloudEvent },
    [MEDIA_TYPE.cloudEventBatch]: { schema: { type: 'array', items: cloudEvent } },
  };
}
