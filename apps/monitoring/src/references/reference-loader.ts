import { setTimeout as sleep } from 'node:timers/promises';
import type { ModelReference, ModelVersion, PipelineDefinition } from '#contracts';
import { parseReferenceRows, type ArtifactStore } from '#platform/artifacts';
import type { ModelReferenceRow, ReferenceLog } from '#platform/clickhouse';
import type { ModelCatalog, PipelineCatalog } from '#platform/control';
import type { Log } from '#platform/telemetry';

export interface ReferenceLoaderOptions {
  readonly models: Pick<ModelCatalog, 'versions'>;
  readonly pipelines: Pick<PipelineCatalog, 'list'>;
  readonly artifacts: Pick<ArtifactStore, 'get'>;
  readonly logOf: (definition: PipelineDefinition) => Pick<ReferenceLog, 'counts' | 'append'>;
  readonly log: Pick<Log, 'info' | 'warn'>;
  /** Names of the pipelines that this instance runs. */
  readonly served: readonly string[] | 'all';
  /** Between two looks at the registry. Default 2,000. */
  readonly everyMs?: number;
}

/** How a version's reference stands. */
type Standing =
  | { readonly kind: 'loaded'; readonly rows: number }
  | { readonly kind: 'waiting'; readonly reason: string; readonly waitMs: number; readonly againAtMs: number };

const EVERY_MS = 2_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
const ROWS_PER_INSERT = 20_000;

/**
 * Brings what models were trained on into the log, so that drift is a query. Every member loads: rows are known by
 * version and number, and repeating them changes nothing. What cannot be had now is tried again, ever more rarely; what
 * is broken may be restored.
 */
export class ReferenceLoader {
  private readonly standings = new Map<string, Standing>();
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly options: ReferenceLoaderOptions) {}

  start(): void {
    this.running = this.follow();
  }

  /** @returns rows of the version's reference; 0: it came without; null: they are not in the log (yet) */
  rowsOf({ pipeline, version, reference }: ModelVersion): number | null {
    if (reference === undefined) return 0;
    const standing = this.standings.get(keyOf(pipeline, version, reference));
    return standing?.kind === 'loaded' ? standing.rows : null;
  }

  /** References that are not in the log, with the reasons. */
  remarks(): readonly string[] {
    return [...this.standings.values()].flatMap((standing) => (standing.kind === 'waiting' ? [standing.reason] : []));
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async follow(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      for (const { definition } of this.options.pipelines.list()) {
        if (definition.monitoring === undefined || !this.serves(definition.name)) continue;
        for (const version of this.options.models.versions(definition.name)) {
          if (version.reference === undefined || signal.aborted) continue;
          await this.bring(definition, version, version.reference);
        }
      }
      await sleep(this.options.everyMs ?? EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private async bring(definition: PipelineDefinition, model: ModelVersion, reference: ModelReference): Promise<void> {
    const key = keyOf(definition.name, model.version, reference);
    const before = this.standings.get(key);
    if (before?.kind === 'loaded' || (before?.kind === 'waiting' && Date.now() < before.againAtMs)) return;
    const what = `${definition.name}: what model version ${model.version} was trained on`;
    try {
      const rows = await this.load(definition, model, reference);
      this.standings.set(key, { kind: 'loaded', rows });
      this.options.log.info({ pipeline: definition.name, version: model.version, rows }, `${what} is in the log`);
    } catch (error) {
      const waitMs = before === undefined ? FIRST_WAIT_MS : Math.min(before.waitMs * 2, LONGEST_WAIT_MS);
      const reason = `${what} is not in the log, and its drift not known: ${(error as Error).message}`;
      this.standings.set(key, { kind: 'waiting', reason, waitMs, againAtMs: Date.now() + waitMs });
      this.options.log.warn({ pipeline: definition.name, version: model.version }, reason);
    }
  }

  /**
   * @returns the rows that are in the log now
   * @throws Retriable while the store or ClickHouse is away; ArtifactCorrupted, ReferenceUnreadable or Error when it is
   *   not what was registered
   */
  private async load(
    definition: PipelineDefinition,
    { version }: ModelVersion,
    { artifactUri, sha256, rows: registered }: ModelReference,
  ): Promise<number> {
    const log = this.options.logOf(definition);
    const found = (await log.counts()).get(version) ?? 0;
    if (found === registered) return found;
    const rows = await parseReferenceRows(await this.options.artifacts.get(artifactUri, sha256));
    if (rows.length !== registered) {
      throw new Error(
        `${artifactUri} has ${rows.length} rows, registered were ${registered}: register the model again`,
      );
    }
    const all: ModelReferenceRow[] = rows.map((row, at) => ({ ...row, modelVersion: version, row: at }));
    for (let from = 0; from < all.length; from += ROWS_PER_INSERT) {
      const part = all.slice(from, from + ROWS_PER_INSERT);
      // An instance before this one, or beside it, may have written some of them.
      await log.append(part, `reference-${version}-${sha256}-${from}-${from + part.length}`, { repeated: true });
    }
    return all.length;
  }

  private serves(pipeline: string): boolean {
    return this.options.served === 'all' || this.options.served.includes(pipeline);
  }
}

function keyOf(pipeline: string, version: string, { sha256 }: ModelReference): string {
  return `${pipeline}/${version}/${sha256}`;
}
