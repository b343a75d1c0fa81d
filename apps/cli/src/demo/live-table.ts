import type { RunningServices } from '../services/start-services.js';
import type { ServiceName } from '../services/service-definitions.js';
import { formatTable } from '../terminal/table.js';
import { ageQuantileMs, NO_FIGURES, stageFigures, type StageFigures } from './stage-figures.js';

const STAGES: readonly ServiceName[] = ['validation', 'inference', 'feedback', 'monitoring'];

interface StageRow {
  readonly stage: string;
  readonly perSecond: number;
  readonly records: number;
  readonly lag: number;
  readonly quarantined: number;
  readonly dropped: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

/** The stages of the demo as they are now, from each service's own metrics. */
export class LiveTable {
  private before = new Map<ServiceName, StageFigures>();
  private beforeMs = performance.now();

  constructor(
    private readonly services: RunningServices,
    private readonly pipeline: string,
  ) {}

  async lines(): Promise<readonly string[]> {
    const nowMs = performance.now();
    const seconds = (nowMs - this.beforeMs) / 1_000;
    const figures = new Map(await Promise.all(STAGES.map(async (stage) => [stage, await this.scrape(stage)] as const)));
    const rows = STAGES.map((stage) =>
      rowOf(stage, this.before.get(stage) ?? NO_FIGURES, figures.get(stage)!, seconds),
    );
    this.before = figures;
    this.beforeMs = nowMs;
    return formatTable<StageRow>(
      [
        { title: 'stage', value: ({ stage }) => stage },
        { title: 'events/s', align: 'right', value: ({ perSecond }) => Math.round(perSecond) },
        { title: 'events', align: 'right', value: ({ records }) => records },
        { title: 'lag', align: 'right', value: ({ lag }) => lag },
        { title: 'quarantined', align: 'right', value: ({ quarantined }) => quarantined },
        { title: 'deduplicated', align: 'right', value: ({ dropped }) => dropped },
        { title: 'age p50', align: 'right', value: ({ p50Ms }) => milliseconds(p50Ms) },
        { title: 'age p99', align: 'right', value: ({ p99Ms }) => milliseconds(p99Ms) },
      ],
      rows,
    );
  }

  /** A service that is just being replaced shows as it was. */
  private async scrape(stage: ServiceName): Promise<StageFigures> {
    const url = this.services.states.get(stage)?.url;
    if (url === undefined) return NO_FIGURES;
    try {
      const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(2_000) });
      return stageFigures(await response.text(), this.pipeline);
    } catch {
      return this.before.get(stage) ?? NO_FIGURES;
    }
  }
}

function rowOf(stage: string, before: StageFigures, now: StageFigures, seconds: number): StageRow {
  return {
    stage,
    perSecond: Math.max(0, now.records - before.records) / Math.max(0.001, seconds),
    records: now.records,
    lag: now.lag,
    quarantined: now.quarantined,
    dropped: now.dropped,
    p50Ms: ageQuantileMs(before, now, 0.5),
    p99Ms: ageQuantileMs(before, now, 0.99),
  };
}

function milliseconds(value: number | null): string | null {
  return value === null ? null : `${Math.round(value)} ms`;
}
