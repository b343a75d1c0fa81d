import { featureColumnName, type Feature, type ModelTask, type PipelineDefinition } from '#contracts';
import { LogColumns, type ColumnUse } from './log-columns.js';
import type { ReadableMonitor } from './readable-parts.js';
import type { Resolution } from './resolution.js';
import type { Aim, Path } from './yaml-source.js';

/** What of the file the monitors are held against; undefined where it could not be read. */
export interface MonitoredParts {
  readonly features: readonly Feature[];
  readonly event: PipelineDefinition['event'] | undefined;
  readonly task: ModelTask | undefined;
  readonly hasLabel: boolean;
  readonly hasExplain: boolean;
}

/** What the monitors' resolvers share. */
export class MonitorContext {
  private readonly log: LogColumns;
  readonly featureNames: readonly string[];

  constructor(
    readonly monitor: ReadableMonitor,
    readonly parts: MonitoredParts,
    private readonly resolution: Resolution,
  ) {
    this.log = new LogColumns(parts.features, parts.event, resolution);
    this.featureNames = parts.features.map(({ name }) => name);
  }

  fail(path: Path, message: string, aim?: Aim): void {
    this.resolution.fail(['monitor', ...path], message, aim);
  }

  unknown(what: string, name: string, known: readonly string[], path: Path, allAre: string, aim?: Aim): void {
    this.resolution.unknown(what, name, known, ['monitor', ...path], allAre, aim);
  }

  /** Names at a path, none of them twice. */
  once(names: readonly string[], path: Path): readonly string[] {
    return this.log.once(names, ['monitor', ...path]);
  }

  /** Columns of the log, by the names of fields, features or columns. */
  columns(names: readonly string[], path: Path, use: ColumnUse): readonly string[] {
    return this.log.columns(names, ['monitor', ...path], use);
  }

  /** Columns of all that has single values: the event's fields but its id and time, and what is computed from them. */
  allColumns(): readonly string[] {
    const { event, features } = this.parts;
    const fields = [...this.resolution.fields.values()].filter(
      ({ name, kind }) => kind !== 'other' && kind !== 'bytes' && name !== event?.id && name !== event?.time,
    );
    return [
      ...fields.flatMap(({ name }) => this.log.ofField(name) ?? []),
      ...features.filter(({ kind }) => kind === 'cel').map(({ name }) => featureColumnName(name)),
    ];
  }
}
