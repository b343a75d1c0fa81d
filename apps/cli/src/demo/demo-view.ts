import { setTimeout as delay } from 'node:timers/promises';
import type { Connections } from '../connections/connections.js';
import type { RunningServices } from '../services/start-services.js';
import { messageOf } from '../terminal/failure.js';
import type { Reporter } from '../terminal/reporter.js';
import { AlertWatch, formatNews, type AlertNews } from './alert-news.js';
import type { LifecycleEvent } from '#contracts';
import { LiveTable } from './live-table.js';
import { PIPELINE } from './pipeline-folder.js';
import { formatDecision, LifecycleWatch } from './lifecycle-news.js';
import { formatWindows, readFigures, windowsOf, type ModelWindow } from './model-figures.js';

const EVERY_MS = 1_000;
/** How often the tables are written where they cannot be redrawn in place. */
const PLAIN_EVERY_MS = 5_000;

/** What a person sees while the demo runs: the stages, how right the model is, and each alert and decision as it comes. */
export class DemoView {
  readonly alerts: AlertNews[] = [];
  readonly decisions: LifecycleEvent[] = [];
  windows: readonly ModelWindow[] = [];
  private readonly stages: LiveTable;
  private readonly watch: AlertWatch;
  private drawn = 0;

  private constructor(
    private readonly connections: Connections,
    services: RunningServices,
    private readonly reporter: Reporter,
    private readonly lifecycle: LifecycleWatch,
  ) {
    this.stages = new LiveTable(services, PIPELINE);
    this.watch = new AlertWatch(connections, PIPELINE, Date.now());
  }

  static async open(connections: Connections, services: RunningServices, reporter: Reporter): Promise<DemoView> {
    return new DemoView(connections, services, reporter, await LifecycleWatch.open(connections, PIPELINE));
  }

  /** Draws until told to stop, and once more then. In place on a terminal; else alerts at once and tables every few seconds. */
  async draw(stop: AbortSignal): Promise<void> {
    let lastTableMs = performance.now();
    while (!stop.aborted) {
      await delay(EVERY_MS, undefined, { signal: stop }).catch(() => undefined);
      const isTableDue = this.reporter.interactive || stop.aborted || performance.now() - lastTableMs >= PLAIN_EVERY_MS;
      if (isTableDue) lastTableMs = performance.now();
      await this.step(isTableDue);
    }
  }

  private async step(withTables: boolean): Promise<void> {
    const [news, decisions] = [await this.take(), await this.decided()];
    const tables = withTables ? await this.tables() : [];
    if (this.reporter.interactive && this.drawn > 0) process.stderr.write(`\u001b[${this.drawn}A\u001b[J`);
    for (const line of news.flatMap(formatNews)) this.reporter.note(line);
    for (const line of decisions.flatMap(formatDecision)) this.reporter.note(line);
    for (const line of tables) this.reporter.note(line);
    this.drawn = tables.length;
  }

  /** ClickHouse away is a moment without news. */
  private async take(): Promise<readonly AlertNews[]> {
    try {
      const news = await this.watch.take();
      this.alerts.push(...news);
      return news;
    } catch (error) {
      this.reporter.warn(`the alerts cannot be read just now: ${messageOf(error)}`);
      return [];
    }
  }

  private async decided(): Promise<readonly LifecycleEvent[]> {
    const decisions = await this.lifecycle.take();
    this.decisions.push(...decisions);
    return decisions;
  }

  private async tables(): Promise<readonly string[]> {
    const [stages, figures] = await Promise.all([
      this.stages.lines(),
      readFigures(this.connections, PIPELINE).catch(() => undefined),
    ]);
    if (figures !== undefined) this.windows = windowsOf(figures);
    const model = formatWindows(this.windows);
    return [...stages, ...(model.length === 0 ? [] : ['', ...model]), ''];
  }
}
