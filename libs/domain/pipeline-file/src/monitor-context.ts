import { eventColumnNames, featureColumnName, type Feature, type ModelTask, type PipelineDefinition } from '#contracts';
import type { EventField } from '#domain/event-schema';
import type { ReadableMonitor } from './readable-parts.js';
import type { Resolution } from './resolution.js';
import type { Aim, Path } from './yaml-source.js';

/** What of the file the monitors are held against; undefined where it could not be read. */
export interface MonitoredParts {
  readonly features: readonly Feature[];
  readonly event: PipelineDefinition['event'] | undefined;
  readonly task: ModelTask | undefined;
  readonly hasLabel: boolean;
}

/** Columns of the record by which rows may be told apart. */
const RECORD_COLUMNS: readonly string[] = ['model_version', 'role', 'decision', 'source'];

const GROUPS = new Set<EventField['kind']>(['boolean', 'integer', 'string', 'enum']);

/** What the monitors' resolvers share. */
export class MonitorContext {
  private readonly eventColumns: ReadonlyMap<string, string>;
  readonly featureNames: readonly string[];

  constructor(
    readonly monitor: ReadableMonitor,
    readonly parts: MonitoredParts,
    private readonly resolution: Resolution,
  ) {
    const { event, features } = parts;
    this.eventColumns = event === undefined ? new Map() : eventColumnNames({ event, features });
    this.featureNames = features.map(({ name }) => name);
  }

  fail(path: Path, message: string, aim?: Aim): void {
    this.resolution.fail(['monitor', ...path], message, aim);
  }

  unknown(what: string, name: string, known: readonly string[], path: Path, allAre: string, aim?: Aim): void {
    this.resolution.unknown(what, name, known, ['monitor', ...path], allAre, aim);
  }

  /** Names at a path, none of them twice. */
  once(names: readonly string[], path: Path): readonly string[] {
    names.forEach((name, index) => {
      if (names.indexOf(name) < index) this.fail([...path, index], `"${name}" comes twice; leave one out`);
    });
    return names;
  }

  /** Columns of the log, by the names of fields, features or columns. */
  columns(names: readonly string[], path: Path, use: 'values' | 'groups'): readonly string[] {
    return this.once(names, path).flatMap((name, index) => this.column(name, [...path, index], use) ?? []);
  }

  /** Columns of all that has single values: the event's fields but its id and time, and what is computed from them. */
  allColumns(): readonly string[] {
    const { event, features } = this.parts;
    const fields = [...this.resolution.fields.values()].filter(
      ({ name, kind }) => kind !== 'other' && kind !== 'bytes' && name !== event?.id && name !== event?.time,
    );
    return [
      ...fields.flatMap(({ name }) => this.eventColumns.get(name) ?? []),
      ...features.filter(({ kind }) => kind === 'cel').map(({ name }) => featureColumnName(name)),
    ];
  }

  private column(name: string, path: Path, use: 'values' | 'groups'): string | undefined {
    const field = this.resolution.fields.get(name);
    if (field !== undefined) return this.usable(field, path, use) ? this.eventColumns.get(name) : undefined;
    const feature = this.parts.features.find((one) => one.name === name || featureColumnName(one.name) === name);
    if (feature !== undefined) {
      const origin = feature.kind === 'field' ? this.resolution.fields.get(feature.field) : undefined;
      return origin === undefined || this.usable(origin, path, use) ? featureColumnName(feature.name) : undefined;
    }
    if (use === 'groups' && RECORD_COLUMNS.includes(name)) return name;
    const known = [
      ...new Set([...this.resolution.fields.keys(), ...this.featureNames, ...(use === 'groups' ? RECORD_COLUMNS : [])]),
    ];
    this.unknown('there is no field or feature', name, known, path, 'there are');
    return undefined;
  }

  private usable({ name, kind, typeName }: EventField, path: Path, use: 'values' | 'groups'): boolean {
    if (use === 'groups' ? GROUPS.has(kind) : kind !== 'other' && kind !== 'bytes') return true;
    const why =
      use === 'groups'
        ? `"${name}" is ${typeName}, nearly every row of which would be a group of its own; compute a coarser feature from it with \`cel\``
        : `"${name}" is ${typeName}, which has no single value`;
    this.fail(path, why);
    return false;
  }
}
