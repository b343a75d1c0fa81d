import type { AvroSchema } from '#contracts';
import { RegistryEndpoints } from './registry-endpoints.js';
import { SchemaRegistryError } from './schema-registry-error.js';

export interface SchemaRegistryOptions {
  /** Longest wait for one answer. Default 5,000 ms. */
  readonly timeoutMs?: number;
}

/** One version of a subject. */
export interface SubjectVersion {
  readonly subject: string;
  /** Global id; what values carry. */
  readonly id: number;
  /** Counted up per subject from 1. */
  readonly version: number;
  readonly schema: AvroSchema;
}

export interface CompatibilityVerdict {
  readonly compatible: boolean;
  /** Why not, in the registry's words; empty when compatible. */
  readonly messages: readonly string[];
}

export type CompatibilityLevel =
  'NONE' | 'BACKWARD' | 'BACKWARD_TRANSITIVE' | 'FORWARD' | 'FORWARD_TRANSITIVE' | 'FULL' | 'FULL_TRANSITIVE';

interface SchemaBody {
  readonly schema: string;
  readonly schemaType?: string;
}

/**
 * Client of a Confluent-compatible schema registry (Confluent, Karapace, Apicurio's ccompat API, our own).
 *
 * Every method throws SchemaRegistryError when the registry refuses and Retriable('registry_unreachable') when it is
 * away. Nothing is cached here; AvroCodecs caches what the stream needs.
 */
export class SchemaRegistryClient {
  private readonly endpoints: RegistryEndpoints;

  /** @param url `http[s]://[user:password@]host:port[/path]`, several separated by commas */
  constructor(url: string, options: SchemaRegistryOptions = {}) {
    this.endpoints = new RegistryEndpoints(url, options.timeoutMs ?? 5_000);
  }

  /** @throws SchemaRegistryError with status 404 when the id is unknown, 422 when its schema is not Avro */
  async getSchema(id: number): Promise<AvroSchema> {
    return schemaOf(await this.endpoints.request<SchemaBody>('GET', `/schemas/ids/${id}`));
  }

  /** Registers a schema under a subject and answers its id; the same id when it was there already. */
  async register(subject: string, schema: AvroSchema): Promise<number> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions`;
    return (await this.endpoints.request<{ id: number }>('POST', path, bodyOf(schema))).id;
  }

  /** The version of a subject that is exactly this schema, or undefined. */
  async lookup(subject: string, schema: AvroSchema): Promise<SubjectVersion | undefined> {
    const path = `/subjects/${encodeURIComponent(subject)}`;
    return this.orUndefined(async () =>
      subjectVersionOf(await this.endpoints.request<SubjectVersionBody>('POST', path, bodyOf(schema))),
    );
  }

  /** Whether a schema may become the subject's next version, by the subject's compatibility level. A new subject takes any. */
  async checkCompatibility(subject: string, schema: AvroSchema): Promise<CompatibilityVerdict> {
    const path = `/compatibility/subjects/${encodeURIComponent(subject)}/versions/latest?verbose=true`;
    const verdict = await this.orUndefined(() =>
      this.endpoints.request<{ is_compatible: boolean; messages?: string[] }>('POST', path, bodyOf(schema)),
    );
    if (verdict === undefined) return { compatible: true, messages: [] };
    return { compatible: verdict.is_compatible, messages: verdict.is_compatible ? [] : (verdict.messages ?? []) };
  }

  /** The subject's latest version, or undefined when the subject is unknown. */
  async latest(subject: string): Promise<SubjectVersion | undefined> {
    return this.version(subject, 'latest');
  }

  async version(subject: string, version: number | 'latest'): Promise<SubjectVersion | undefined> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}`;
    return this.orUndefined(async () =>
      subjectVersionOf(await this.endpoints.request<SubjectVersionBody>('GET', path)),
    );
  }

  /** Version numbers of a subject, ascending; empty when it is unknown. */
  async versions(subject: string): Promise<readonly number[]> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions`;
    return (await this.orUndefined(() => this.endpoints.request<number[]>('GET', path))) ?? [];
  }

  subjects(): Promise<readonly string[]> {
    return this.endpoints.request<string[]>('GET', '/subjects');
  }

  /** Sets the compatibility level of a subject, or the registry's default. */
  async setCompatibility(level: CompatibilityLevel, subject?: string): Promise<void> {
    const path = subject === undefined ? '/config' : `/config/${encodeURIComponent(subject)}`;
    await this.endpoints.request('PUT', path, { compatibility: level });
  }

  /** The level that applies to a subject: its own, or the registry's default. */
  async compatibility(subject?: string): Promise<CompatibilityLevel> {
    const path = subject === undefined ? '/config' : `/config/${encodeURIComponent(subject)}?defaultToGlobal=true`;
    return (await this.endpoints.request<{ compatibilityLevel: CompatibilityLevel }>('GET', path)).compatibilityLevel;
  }

  private async orUndefined<T>(request: () => Promise<T>): Promise<T | undefined> {
    try {
      return await request();
    } catch (error) {
      if (error instanceof SchemaRegistryError && error.status === 404) return undefined;
      throw error;
    }
  }
}

interface SubjectVersionBody extends SchemaBody {
  readonly subject: string;
  readonly id: number;
  readonly version: number;
}

function subjectVersionOf(body: SubjectVersionBody): SubjectVersion {
  return { subject: body.subject, id: body.id, version: body.version, schema: schemaOf(body) };
}

function schemaOf({ schema, schemaType }: SchemaBody): AvroSchema {
  if (schemaType !== undefined && schemaType !== 'AVRO') {
    throw new SchemaRegistryError(422, 42201, `the schema is ${schemaType}, not AVRO`);
  }
  try {
    return JSON.parse(schema) as AvroSchema;
  } catch {
    // Some registries answer a primitive schema bare: `string` for `"string"`.
    return schema;
  }
}

function bodyOf(schema: AvroSchema): SchemaBody {
  return { schema: JSON.stringify(schema) };
}
