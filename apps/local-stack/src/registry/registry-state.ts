import { canonicalText } from './avro/canonical-text.js';
import type { CompatibilityLevel } from './compatibility-level.js';
import type { SchemasEvent } from './schemas-record.js';

export interface StoredVersion {
  readonly version: number;
  readonly id: number;
  readonly schema: string;
  readonly deleted: boolean;
}

/** What a registry was before anybody configured it. */
const DEFAULT_LEVEL: CompatibilityLevel = 'BACKWARD';

/** The fold of `_schemas`: what the registry knows. Changes only by `apply`. */
export class RegistryState {
  private readonly bySubject = new Map<string, Map<number, StoredVersion>>();
  private readonly schemaById = new Map<number, string>();
  /** By canonical text: a schema has one id, in whatever subjects it is. */
  private readonly idByText = new Map<string, number>();
  private readonly levels = new Map<string | null, CompatibilityLevel>();

  apply(event: SchemasEvent): void {
    switch (event.kind) {
      case 'version-written':
        this.putVersion(event.subject, event);
        break;
      case 'version-erased': {
        const versions = this.bySubject.get(event.subject);
        versions?.delete(event.version);
        if (versions?.size === 0) this.bySubject.delete(event.subject);
        break;
      }
      case 'subject-deleted':
        for (const stored of this.versions(event.subject, true)) {
          if (stored.version <= event.upToVersion) this.putVersion(event.subject, { ...stored, deleted: true });
        }
        break;
      case 'level-set':
        if (event.level === undefined) this.levels.delete(event.subject);
        else this.levels.set(event.subject, event.level);
        break;
    }
  }

  subjects(includeDeleted: boolean): string[] {
    return [...this.bySubject.keys()].filter((subject) => this.versions(subject, includeDeleted).length > 0).sort();
  }

  /** Ascending by version. */
  versions(subject: string, includeDeleted: boolean): StoredVersion[] {
    const all = [...(this.bySubject.get(subject)?.values() ?? [])];
    return all.filter(({ deleted }) => includeDeleted || !deleted).sort((a, b) => a.version - b.version);
  }

  schema(id: number): string | undefined {
    return this.schemaById.get(id);
  }

  /** Where a schema id is in use. */
  usesOf(id: number, includeDeleted: boolean): { subject: string; version: number }[] {
    return this.subjects(true).flatMap((subject) =>
      this.versions(subject, includeDeleted)
        .filter((stored) => stored.id === id)
        .map(({ version }) => ({ subject, version })),
    );
  }

  /** The id of this very schema, or the next free one. */
  idFor(canonical: string): number {
    return this.idByText.get(canonical) ?? Math.max(0, ...this.schemaById.keys()) + 1;
  }

  /** @param subject null for the registry's own */
  ownLevel(subject: string | null): CompatibilityLevel | undefined {
    return this.levels.get(subject);
  }

  globalLevel(): CompatibilityLevel {
    return this.levels.get(null) ?? DEFAULT_LEVEL;
  }

  private putVersion(subject: string, { version, id, schema, deleted }: StoredVersion): void {
    const versions = this.bySubject.get(subject) ?? new Map<number, StoredVersion>();
    this.bySubject.set(subject, versions.set(version, { version, id, schema, deleted }));
    this.schemaById.set(id, schema);
    this.idByText.set(textOf(schema), id);
  }
}

/** Another registry may have stored the schema in its own spelling. */
function textOf(schema: string): string {
  try {
    return canonicalText(JSON.parse(schema));
  } catch {
    return schema;
  }
}
