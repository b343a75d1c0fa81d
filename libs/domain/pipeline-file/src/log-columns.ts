import { eventColumnNames, featureColumnName, type Feature, type PipelineDefinition } from '#contracts';
import type { EventField } from '#domain/event-schema';
import type { Resolution } from './resolution.js';
import type { Path } from './yaml-source.js';

/** Columns of the record by which rows may be told apart. */
const RECORD_COLUMNS: readonly string[] = ['model_version', 'role', 'decision', 'source'];

const GROUPS = new Set<EventField['kind']>(['boolean', 'integer', 'string', 'enum']);

/**
 * What names of columns are for: `values` to be looked at, `groups` to tell rows apart by, `slices` likewise but only by what
 * an event is, not by what became of it.
 */
export type ColumnUse = 'values' | 'groups' | 'slices';

/** Finds columns of the log by the names of a file: fields, features or the columns themselves. */
export class LogColumns {
  private readonly eventColumns: ReadonlyMap<string, string>;

  constructor(
    private readonly features: readonly Feature[],
    event: PipelineDefinition['event'] | undefined,
    private readonly resolution: Resolution,
  ) {
    this.eventColumns = event === undefined ? new Map() : eventColumnNames({ event, features });
  }

  /** The column of an event's field. */
  ofField(name: string): string | undefined {
    return this.eventColumns.get(name);
  }

  /** Names at a path, none of them twice. */
  once(names: readonly string[], path: Path): readonly string[] {
    names.forEach((name, index) => {
      if (names.indexOf(name) < index) this.resolution.fail([...path, index], `"${name}" comes twice; leave one out`);
    });
    return names;
  }

  columns(names: readonly string[], path: Path, use: ColumnUse): readonly string[] {
    return this.once(names, path).flatMap((name, index) => this.column(name, [...path, index], use) ?? []);
  }

  /** Of names that are told of elsewhere: the columns of those that slices may be made by. */
  known(names: readonly string[]): readonly string[] {
    return [...new Set(names)].flatMap((name) => {
      const field = this.resolution.fields.get(name);
      if (field !== undefined) return GROUPS.has(field.kind) ? (this.eventColumns.get(name) ?? []) : [];
      const feature = this.features.find((one) => one.name === name || featureColumnName(one.name) === name);
      return feature === undefined ? [] : [featureColumnName(feature.name)];
    });
  }

  private column(name: string, path: Path, use: ColumnUse): string | undefined {
    const field = this.resolution.fields.get(name);
    if (field !== undefined) return this.usable(field, path, use) ? this.eventColumns.get(name) : undefined;
    const feature = this.features.find((one) => one.name === name || featureColumnName(one.name) === name);
    if (feature !== undefined) {
      const origin = feature.kind === 'field' ? this.resolution.fields.get(feature.field) : undefined;
      return origin === undefined || this.usable(origin, path, use) ? featureColumnName(feature.name) : undefined;
    }
    if (use === 'groups' && RECORD_COLUMNS.includes(name)) return name;
    const featureNames = this.features.map((one) => one.name);
    const record = use === 'groups' ? RECORD_COLUMNS : [];
    const known = [...new Set([...this.resolution.fields.keys(), ...featureNames, ...record])];
    this.resolution.unknown('there is no field or feature', name, known, path, 'there are');
    return undefined;
  }

  private usable({ name, kind, typeName }: EventField, path: Path, use: ColumnUse): boolean {
    if (use === 'values' ? kind !== 'other' && kind !== 'bytes' : GROUPS.has(kind)) return true;
    const why =
      use === 'values'
        ? `"${name}" is ${typeName}, which has no single value`
        : `"${name}" is ${typeName}, nearly every row of which would be a group of its own; compute a coarser feature from it with \`cel\``;
    this.resolution.fail(path, why);
    return false;
  }
}
