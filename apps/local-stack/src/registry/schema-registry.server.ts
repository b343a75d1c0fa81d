import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { abandon, BodyTooLarge, close, listen, readBody } from '../http-server.js';
import { isJsonObject } from './avro/avro-names.js';
import { refusal, RegistryError } from './registry-error.js';
import { RawJson, ROUTES, type RegistryCall } from './registry-routes.js';
import type { SchemaRegistry } from './schema-registry.js';

const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json';
const BODY_LIMIT_BYTES = 4 * 1024 * 1024;

/** The REST API of a schema registry on the loopback interface. */
export class SchemaRegistryServer {
  private constructor(private readonly server: Server) {}

  static async start(registry: SchemaRegistry, port: number): Promise<SchemaRegistryServer> {
    return new SchemaRegistryServer(
      await listen(port, (request, response) => {
        void respond(registry, request, response);
      }),
    );
  }

  close(): Promise<void> {
    return close(this.server);
  }

  /** Cuts every connection off, as the death of a process would. */
  abandon(): Promise<void> {
    return abandon(this.server);
  }
}

async function respond(registry: SchemaRegistry, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    send(response, 200, await answer(registry, request));
  } catch (error) {
    const refused = error instanceof RegistryError ? error : unexpected(error);
    send(response, refused.status, { error_code: refused.errorCode, message: refused.message });
  }
}

/** @returns what the body of a 200 says. */
async function answer(registry: SchemaRegistry, request: IncomingMessage): Promise<unknown> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const segments = pathSegments(url.pathname);
  const matching = ROUTES.flatMap((route) => {
    const parameters = match(route.path, segments);
    return parameters ? [{ route, parameters }] : [];
  });
  if (matching.length === 0) throw refusal.noSuchPath();
  const found = matching.find(({ route }) => route.method === request.method);
  if (!found) throw refusal.methodNotAllowed();
  const hasBody = request.method === 'POST' || request.method === 'PUT';
  const call: RegistryCall = {
    parameters: found.parameters,
    flag: (name) => url.searchParams.get(name)?.toLowerCase() === 'true',
    text: (name) => url.searchParams.get(name) ?? undefined,
    body: hasBody ? await jsonBody(request) : {},
  };
  return await found.route.answer(registry, call);
}

/** Subjects may hold slashes and spaces: each segment is decoded after the split. */
function pathSegments(path: string): string[] {
  try {
    return path.split('/').filter(Boolean).map(decodeURIComponent);
  } catch {
    throw refusal.badRequest(`The path ${path} is not well encoded`);
  }
}

function match(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index]!;
    if (part.startsWith(':')) parameters[part.slice(1)] = segment;
    else if (part !== segment) return undefined;
  }
  return parameters;
}

async function jsonBody(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  try {
    const body: unknown = JSON.parse((await readBody(request, BODY_LIMIT_BYTES)).toString());
    if (isJsonObject(body)) return body;
    throw refusal.badRequest('The body is not a JSON object');
  } catch (error) {
    if (error instanceof BodyTooLarge) throw refusal.tooLarge(BODY_LIMIT_BYTES);
    if (error instanceof SyntaxError) throw refusal.badRequest(`The body is not JSON: ${error.message}`);
    throw error;
  }
}

function unexpected(error: unknown): RegistryError {
  process.stderr.write(`schema registry: ${error instanceof Error ? error.stack : String(error)}\n`);
  return new RegistryError(500, 500, 'Internal Server Error');
}

function send(response: ServerResponse, status: number, body: unknown): void {
  // A schema asked for by itself is sent as it is, not as a JSON string.
  const text = body instanceof RawJson ? body.text : JSON.stringify(body);
  response.writeHead(status, { 'content-type': CONTENT_TYPE, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
