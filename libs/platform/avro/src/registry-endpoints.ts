import { Retriable } from '#platform/outcomes';
import { SchemaRegistryError } from './schema-registry-error.js';

const MEDIA_TYPE = 'application/vnd.schemaregistry.v1+json';
/** Answers that mean "not now": worth the next address, then a later attempt. */
const WEATHER = new Set([408, 429]);

interface Endpoint {
  readonly url: string;
  readonly authorization: string | undefined;
}

/** HTTP to a registry at one or more addresses: the last that answered is asked first, the others when it does not. */
export class RegistryEndpoints {
  private readonly endpoints: readonly Endpoint[];
  private preferred = 0;

  /** @param urls comma-separated; each may carry `user:password@` for basic authentication */
  constructor(
    urls: string,
    private readonly timeoutMs: number,
  ) {
    this.endpoints = urls
      .split(',')
      .map((url) => url.trim())
      .filter((url) => url !== '')
      .map(endpointOf);
    if (this.endpoints.length === 0) throw new Error('the schema registry URL is empty');
  }

  /** @throws SchemaRegistryError when refused, Retriable('registry_unreachable') when no address answers */
  async request<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T> {
    let failure: unknown;
    for (let turn = 0; turn < this.endpoints.length; turn++) {
      const index = (this.preferred + turn) % this.endpoints.length;
      const endpoint = this.endpoints[index]!;
      try {
        const answer = await this.ask<T>(endpoint, method, path, body);
        this.preferred = index;
        return answer;
      } catch (error) {
        if (error instanceof SchemaRegistryError) throw error;
        failure = error;
      }
    }
    const addresses = this.endpoints.map(({ url }) => url).join(', ');
    throw new Retriable(
      'registry_unreachable',
      `the schema registry at ${addresses} does not answer: ${describe(failure)}`,
      { cause: failure },
    );
  }

  private async ask<T>(endpoint: Endpoint, method: string, path: string, body: unknown): Promise<T> {
    const response = await fetch(endpoint.url + path, {
      method,
      headers: {
        accept: `${MEDIA_TYPE}, application/json`,
        ...(body === undefined ? {} : { 'content-type': MEDIA_TYPE }),
        ...(endpoint.authorization === undefined ? {} : { authorization: endpoint.authorization }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(this.timeoutMs),
    });
    const text = await response.text();
    if (response.ok) return JSON.parse(text) as T;
    const { code, message } = errorBody(text);
    if (response.status >= 500 || WEATHER.has(response.status)) {
      throw new Error(`HTTP ${response.status}${message === '' ? '' : `: ${message}`}`);
    }
    throw new SchemaRegistryError(response.status, code ?? response.status, message || `HTTP ${response.status}`);
  }
}

function endpointOf(text: string): Endpoint {
  const url = new URL(text);
  const authorization =
    url.username === ''
      ? undefined
      : `Basic ${Buffer.from(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`).toString('base64')}`;
  url.username = '';
  url.password = '';
  return { url: url.toString().replace(/\/+$/, ''), authorization };
}

function errorBody(text: string): { code: number | undefined; message: string } {
  try {
    const body = JSON.parse(text) as { error_code?: unknown; message?: unknown } | null;
    return {
      code: typeof body?.error_code === 'number' ? body.error_code : undefined,
      message: typeof body?.message === 'string' ? body.message : '',
    };
  } catch {
    return { code: undefined, message: text.slice(0, 200) };
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause : error;
  return (cause as NodeJS.ErrnoException).code ?? cause.message;
}
