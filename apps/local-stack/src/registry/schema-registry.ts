import type { AvroModel } from './avro/avro-model.js';
import { InvalidAvroSchema } from './avro/avro-names.js';
import { canonicalText } from './avro/canonical-text.js';
import { parseAvro } from './avro/parse-avro.js';
import { incompatibilities, isCompatibilityLevel, type CompatibilityLevel } from './compatibility-level.js';
import { refusal } from './registry-error.js';
import { RegistryState, type StoredVersion } from './registry-state.js';
import type { SchemasEvent } from './schemas-record.js';

/** What the registry needs of its log; `append` resolves when the events are durable. */
export interface SchemasLog {
  read(fromOffset: number): Promise<{ events: SchemasEvent[]; nextOffset: number }>;
  append(events: readonly SchemasEvent[]): Promise<number>;
}

export interface SubjectVersion {
  readonly subject: string;
  readonly version: number;
  readonly id: number;
  readonly schema: string;
}

/** Schema text as a client sends it. */
export interface SchemaRequest {
  readonly schema: string;
}

/**
 * The rules of a Confluent-compatible registry for Avro. Answers come from memory; a change is durable in the log before
 * it is answered, one change at a time.
 * @throws RegistryError from every method, where Confluent's registry would refuse.
 */
export class SchemaRegistry {
  private state = new RegistryState();
  private nextOffset = 0;
  /** A failed append may have landed all the same: what is in the log is read again before the next change. */
  private isBehind = true;
  private lastChange: Promise<unknown> = Promise.resolve();

  constructor(private readonly log: SchemasLog) {}

  /** Reads the log to its end. */
  start(): Promise<void> {
    return this.catchUp();
  }

  subjects(includeDeleted: boolean, prefix = ''): string[] {
    return this.state.subjects(includeDeleted).filter((subject) => subject.startsWith(prefix));
  }

  versions(subject: string, includeDeleted: boolean): number[] {
    return this.requireSubject(subject, includeDeleted).map(({ version }) => version);
  }

  /** @param version a number in decimal, `latest` or `-1` */
  version(subject: string, version: string, includeDeleted: boolean): SubjectVersion {
    const wanted = parseVersion(version);
    const versions = this.requireSubject(subject, includeDeleted);
    const found = wanted === 'latest' ? versions.at(-1) : versions.find((stored) => stored.version === wanted);
    if (!found) throw refusal.versionNotFound(version);
    return publicVersion(subject, found);
  }

  schema(id: string): string {
    const found = /^\d+$/.test(id) ? this.state.schema(Number(id)) : undefined;
    if (found === undefined) throw refusal.schemaNotFound(id);
    return found;
  }

  usesOf(id: string, includeDeleted: boolean): { subject: string; version: number }[] {
    this.schema(id);
    return this.state.usesOf(Number(id), includeDeleted);
  }

  lookup(subject: string, request: SchemaRequest, includeDeleted: boolean): SubjectVersion {
    const { canonical } = parsed(request);
    const versions = this.requireSubject(subject, includeDeleted);
    const id = this.state.idFor(canonical);
    const found = versions.findLast((stored) => stored.id === id);
    if (!found) throw refusal.schemaNotInSubject();
    return publicVersion(subject, found);
  }

  /** The schema's id; the same when the subject has the schema already. */
  register(subject: string, request: SchemaRequest): Promise<number> {
    const { canonical, model } = parsed(request);
    return this.change(() => {
      const versions = this.state.versions(subject, false);
      const id = this.state.idFor(canonical);
      if (versions.some((stored) => stored.id === id)) return { events: [], answer: id };
      const reasons = incompatibilities(this.level(subject), model, withModels(versions));
      if (reasons.length > 0) throw refusal.incompatible(subject, reasons);
      const version = (this.state.versions(subject, true).at(-1)?.version ?? 0) + 1;
      return {
        events: [{ kind: 'version-written', subject, version, id, schema: canonical, deleted: false }],
        answer: id,
      };
    });
  }

  /**
   * Reasons against the schema as the subject's next version; empty when it fits.
   * @param version compared with this one only; undefined: with those that the subject's level names
   */
  checkCompatibility(subject: string, request: SchemaRequest, version: string | undefined): string[] {
    const { model } = parsed(request);
    const versions = this.state.versions(subject, false);
    if (version === undefined) return incompatibilities(this.level(subject), model, withModels(versions));
    const wanted = parseVersion(version);
    // A new subject takes anything: a client may ask before it registers the first version.
    if (wanted === 'latest' && versions.length === 0) return [];
    const { version: number } = this.version(subject, version, false);
    const only = versions.filter((stored) => stored.version === number);
    return incompatibilities(this.level(subject), model, withModels(only));
  }

  /** Hides a subject's versions, or erases hidden ones. Answers the versions concerned. */
  deleteSubject(subject: string, permanent: boolean): Promise<number[]> {
    return this.change(() => {
      const all = this.requireSubject(subject, true);
      const visible = all.filter(({ deleted }) => !deleted);
      if (permanent) {
        if (visible.length > 0) throw refusal.subjectNotSoftDeleted(subject);
        const events = all.map(({ version }): SchemasEvent => ({ kind: 'version-erased', subject, version }));
        return { events: [...events, { kind: 'level-set', subject, level: undefined }], answer: versionsOf(all) };
      }
      const last = visible.at(-1);
      if (!last) throw refusal.subjectSoftDeleted(subject);
      return { events: [{ kind: 'subject-deleted', subject, upToVersion: last.version }], answer: versionsOf(visible) };
    });
  }

  deleteVersion(subject: string, version: string, permanent: boolean): Promise<number> {
    return this.change(() => {
      const { version: number } = this.version(subject, version, true);
      const stored = this.state.versions(subject, true).find((candidate) => candidate.version === number)!;
      if (permanent && !stored.deleted) throw refusal.versionNotSoftDeleted(subject, number);
      if (!permanent && stored.deleted) throw refusal.versionSoftDeleted(subject, number);
      const event: SchemasEvent = permanent
        ? { kind: 'version-erased', subject, version: number }
        : { kind: 'version-written', subject, ...stored, deleted: true };
      return { events: [event], answer: number };
    });
  }

  /** The level that applies to a subject. */
  level(subject: string): CompatibilityLevel {
    return this.state.ownLevel(subject) ?? this.state.globalLevel();
  }

  globalLevel(): CompatibilityLevel {
    return this.state.globalLevel();
  }

  subjectLevel(subject: string): CompatibilityLevel {
    const own = this.state.ownLevel(subject);
    if (own === undefined) throw refusal.noSubjectConfig(subject);
    return own;
  }

  /** @param subject null for the registry's own level; @param level any case */
  setLevel(subject: string | null, level: unknown): Promise<CompatibilityLevel> {
    const upper = typeof level === 'string' ? level.toUpperCase() : level;
    if (!isCompatibilityLevel(upper)) throw refusal.invalidCompatibility();
    return this.change(() => ({ events: [{ kind: 'level-set', subject, level: upper }], answer: upper }));
  }

  /** Answers the level that was in force. */
  removeLevel(subject: string | null): Promise<CompatibilityLevel> {
    return this.change(() => {
      const answer = subject === null ? this.globalLevel() : this.subjectLevel(subject);
      return { events: [{ kind: 'level-set', subject, level: undefined }], answer };
    });
  }

  private change<T>(decide: () => { events: SchemasEvent[]; answer: T }): Promise<T> {
    const result = this.lastChange.then(async () => {
      if (this.isBehind) await this.catchUp();
      const { events, answer } = decide();
      if (events.length === 0) return answer;
      this.isBehind = true;
      const nextOffset = await this.log.append(events).catch((error: unknown) => {
        throw refusal.store(error instanceof Error ? error.message : String(error));
      });
      this.isBehind = false;
      for (const event of events) this.state.apply(event);
      this.nextOffset = nextOffset;
      return answer;
    });
    this.lastChange = result.catch(() => undefined);
    return result;
  }

  private async catchUp(): Promise<void> {
    const { events, nextOffset } = await this.log.read(this.nextOffset);
    for (const event of events) this.state.apply(event);
    this.nextOffset = nextOffset;
    this.isBehind = false;
  }

  private requireSubject(subject: string, includeDeleted: boolean): StoredVersion[] {
    const versions = this.state.versions(subject, includeDeleted);
    if (versions.length === 0) throw refusal.subjectNotFound(subject);
    return versions;
  }
}

function parsed(request: SchemaRequest): { canonical: string; model: AvroModel } {
  try {
    const model = parseAvro(request.schema);
    return { model, canonical: canonicalText(JSON.parse(request.schema)) };
  } catch (error) {
    if (error instanceof InvalidAvroSchema) throw refusal.invalidSchema(error.message);
    throw error;
  }
}

function parseVersion(text: string): number | 'latest' {
  if (text === 'latest' || text === '-1') return 'latest';
  const version = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(version >= 1 && version < 2 ** 31)) throw refusal.invalidVersion(text);
  return version;
}

function publicVersion(subject: string, { version, id, schema }: StoredVersion): SubjectVersion {
  return { subject, version, id, schema };
}

function versionsOf(stored: readonly StoredVersion[]): number[] {
  return stored.map(({ version }) => version);
}

function withModels(versions: readonly StoredVersion[]): { version: number; model: AvroModel }[] {
  return versions.map(({ version, schema }) => ({ version, model: parseAvro(schema) }));
}
