import { refusal } from './registry-error.js';
import type { SchemaRegistry, SchemaRequest } from './schema-registry.js';

/** JSON that is text already, to be sent as it is. */
export class RawJson {
  constructor(readonly text: string) {}
}

export interface RegistryCall {
  /** What stood in the path where the route has `:name`. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
  /** Whether a query parameter is `true`. */
  flag(name: string): boolean;
  /** A query parameter. */
  text(name: string): string | undefined;
}

interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: readonly string[];
  answer(registry: SchemaRegistry, call: RegistryCall): unknown;
}

function route(method: Route['method'], path: string, answer: Route['answer']): Route {
  return { method, path: path.split('/').filter(Boolean), answer };
}

const subjectOf = (call: RegistryCall): string => call.parameters.subject ?? '';
const versionOf = (call: RegistryCall): string => call.parameters.version ?? '';
const idOf = (call: RegistryCall): string => call.parameters.id ?? '';
const level = (name: string): { compatibilityLevel: string } => ({ compatibilityLevel: name });

/** The calls of Confluent's API that Avro serializers, command lines and consoles make. */
export const ROUTES: readonly Route[] = [
  route('GET', '/', () => ({})),
  route('GET', '/schemas/types', () => ['AVRO']),
  route('GET', '/schemas/ids/:id', (registry, call) => ({ schema: registry.schema(idOf(call)) })),
  route('GET', '/schemas/ids/:id/schema', (registry, call) => new RawJson(registry.schema(idOf(call)))),
  route('GET', '/schemas/ids/:id/versions', (registry, call) => registry.usesOf(idOf(call), call.flag('deleted'))),
  route('GET', '/schemas/ids/:id/subjects', (registry, call) => [
    ...new Set(registry.usesOf(idOf(call), call.flag('deleted')).map(({ subject }) => subject)),
  ]),

  route('GET', '/subjects', (registry, call) => registry.subjects(call.flag('deleted'), call.text('subjectPrefix'))),
  route('POST', '/subjects/:subject', (registry, call) =>
    registry.lookup(subjectOf(call), schemaIn(call), call.flag('deleted')),
  ),
  route('DELETE', '/subjects/:subject', (registry, call) =>
    registry.deleteSubject(subjectOf(call), call.flag('permanent')),
  ),
  route('GET', '/subjects/:subject/versions', (registry, call) =>
    registry.versions(subjectOf(call), call.flag('deleted')),
  ),
  route('POST', '/subjects/:subject/versions', async (registry, call) => ({
    id: await registry.register(subjectOf(call), schemaIn(call)),
  })),
  route('GET', '/subjects/:subject/versions/:version', (registry, call) =>
    registry.version(subjectOf(call), versionOf(call), call.flag('deleted')),
  ),
  route(
    'GET',
    '/subjects/:subject/versions/:version/schema',
    (registry, call) => new RawJson(registry.version(subjectOf(call), versionOf(call), call.flag('deleted')).schema),
  ),
  route('GET', '/subjects/:subject/versions/:version/referencedby', () => []),
  route('DELETE', '/subjects/:subject/versions/:version', (registry, call) =>
    registry.deleteVersion(subjectOf(call), versionOf(call), call.flag('permanent')),
  ),

  route('POST', '/compatibility/subjects/:subject/versions', (registry, call) =>
    verdict(registry.checkCompatibility(subjectOf(call), schemaIn(call), undefined), call),
  ),
  route('POST', '/compatibility/subjects/:subject/versions/:version', (registry, call) =>
    verdict(registry.checkCompatibility(subjectOf(call), schemaIn(call), versionOf(call)), call),
  ),

  route('GET', '/config', (registry) => level(registry.globalLevel())),
  route('PUT', '/config', async (registry, call) => ({
    compatibility: await registry.setLevel(null, call.body.compatibility),
  })),
  route('DELETE', '/config', async (registry) => level(await registry.removeLevel(null))),
  route('GET', '/config/:subject', (registry, call) =>
    level(call.flag('defaultToGlobal') ? registry.level(subjectOf(call)) : registry.subjectLevel(subjectOf(call))),
  ),
  route('PUT', '/config/:subject', async (registry, call) => ({
    compatibility: await registry.setLevel(subjectOf(call), call.body.compatibility),
  })),
  route('DELETE', '/config/:subject', async (registry, call) => level(await registry.removeLevel(subjectOf(call)))),

  // One mode only: everything may be read and written.
  route('GET', '/mode', () => ({ mode: 'READWRITE' })),
  route('GET', '/mode/:subject', () => ({ mode: 'READWRITE' })),
  route('PUT', '/mode', (_, call) => readWriteOnly(call)),
  route('PUT', '/mode/:subject', (_, call) => readWriteOnly(call)),
];

function schemaIn({ body }: RegistryCall): SchemaRequest {
  const { schema, schemaType, references } = body;
  if (schemaType !== undefined && schemaType !== null && schemaType !== 'AVRO') {
    throw refusal.invalidSchema(`type ${JSON.stringify(schemaType)}; this registry keeps AVRO`);
  }
  if (Array.isArray(references) && references.length > 0) {
    throw refusal.invalidSchema(
      'references to other subjects are not kept here; put the referenced types into the schema',
    );
  }
  if (typeof schema !== 'string' || schema === '') throw refusal.invalidSchema('the body has no text "schema"');
  return { schema };
}

function verdict(reasons: readonly string[], call: RegistryCall): unknown {
  const answer = { is_compatible: reasons.length === 0 };
  return call.flag('verbose') ? { ...answer, messages: reasons } : answer;
}

function readWriteOnly({ body }: RegistryCall): { mode: string } {
  if (body.mode !== 'READWRITE') throw refusal.invalidMode();
  return { mode: 'READWRITE' };
}
