import type { ModelTask } from '#contracts';
import { LogColumns } from './log-columns.js';
import type { MonitoredParts } from './monitor-context.js';
import type { ReadableMonitor } from './readable-parts.js';
import type { Resolution } from './resolution.js';
import type { Aim, Path } from './yaml-source.js';

/** What training, gates and rollouts are held against, and where their resolvers report. */
export class LoopContext {
  readonly columns: LogColumns;

  constructor(
    readonly parts: MonitoredParts,
    readonly monitor: ReadableMonitor | undefined,
    private readonly resolution: Resolution,
  ) {
    this.columns = new LogColumns(parts.features, parts.event, resolution);
  }

  get task(): ModelTask | undefined {
    return this.parts.task;
  }

  get hasLabel(): boolean {
    return this.parts.hasLabel;
  }

  fail(path: Path, message: string, aim?: Aim): void {
    this.resolution.fail(path, message, aim);
  }

  unknown(what: string, name: string, known: readonly string[], path: Path, allAre: string, aim?: Aim): void {
    this.resolution.unknown(what, name, known, path, allAre, aim);
  }
}
