import { metrics } from '@opentelemetry/api';
import type { MonitorTick, Severity } from '#contracts';
import type { CompiledMonitor, EngineState, Evaluated } from '#domain/monitors';

/** Figures of one pipeline that Prometheus sees; the log has all of them. */
const SERIES_PER_PIPELINE = 1_000;

interface Figure {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface PipelineFigures {
  clockMs: number | null;
  /** Event time between the clock and the last window that is done with, beyond what the monitor waits anyway. */
  lagMs: number;
  firing: Readonly<Record<Severity, number>>;
  readonly values: Map<string, Figure>;
}

/** What Prometheus sees of the monitors that this member looks after. */
export class MonitorMetrics {
  private readonly pipelines = new Map<string, PipelineFigures>();
  private readonly evaluations;
  private readonly durations;

  constructor() {
    const meter = metrics.getMeter('eddyline.monitors');
    this.evaluations = meter.createCounter('eddyline.monitor.evaluations', {
      description:
        'Windows that monitors were held against, by `outcome`: judged, or failed for a query that was refused',
    });
    this.durations = meter.createHistogram('eddyline.monitor.query.duration', {
      description: 'What the query of one evaluation took ClickHouse',
      unit: 's',
      advice: { explicitBucketBoundaries: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] },
    });
    meter
      .createObservableGauge('eddyline.monitor.clock', {
        description: 'Event time that the pipeline has reached, as seconds since 1970',
        unit: 's',
      })
      .addCallback((result) => {
        for (const [pipeline, { clockMs }] of this.pipelines) {
          if (clockMs !== null) result.observe(clockMs / 1_000, { pipeline });
        }
      });
    meter
      .createObservableGauge('eddyline.monitor.lag', {
        description: 'Event time by which evaluations trail the clock, of the monitor that trails most',
        unit: 's',
      })
      .addCallback((result) => {
        for (const [pipeline, { lagMs }] of this.pipelines) result.observe(lagMs / 1_000, { pipeline });
      });
    meter
      .createObservableGauge('eddyline.monitor.value', { description: 'What monitors found last' })
      .addCallback((result) => {
        for (const { values } of this.pipelines.values()) {
          for (const { value, labels } of values.values()) result.observe(value, labels);
        }
      });
    meter
      .createObservableGauge('eddyline.alerts.firing', { description: 'Alerts that are firing, by severity' })
      .addCallback((result) => {
        for (const [pipeline, { firing }] of this.pipelines) {
          for (const [severity, count] of Object.entries(firing)) result.observe(count, { pipeline, severity });
        }
      });
  }

  ticked(pipeline: string, { eventsClock }: MonitorTick): void {
    this.figuresOf(pipeline).clockMs = eventsClock;
  }

  evaluated(
    pipeline: string,
    evaluated: readonly Evaluated[],
    state: EngineState,
    tick: MonitorTick,
    monitors: readonly CompiledMonitor[],
  ): void {
    const figures = this.figuresOf(pipeline);
    for (const { monitor, durationMs, failure, measurements } of evaluated) {
      const labels = { pipeline, monitor: monitor.definition.name };
      this.evaluations.add(1, { ...labels, outcome: failure === undefined ? 'judged' : 'failed' });
      this.durations.record(durationMs / 1_000, labels);
      for (const { metric, subject, slice, value } of measurements) {
        const key = JSON.stringify([monitor.definition.name, metric, subject, slice]);
        figures.values.delete(key);
        if (value === null || !Number.isFinite(value) || figures.values.size >= SERIES_PER_PIPELINE) continue;
        figures.values.set(key, { value, labels: { ...labels, metric, subject, slice } });
      }
    }
    figures.clockMs = tick.eventsClock;
    figures.lagMs = lagOf(state, tick, monitors);
    figures.firing = firingOf(state);
  }

  /** Another member looks after it now. */
  forget(pipeline: string): void {
    this.pipelines.delete(pipeline);
  }

  private figuresOf(pipeline: string): PipelineFigures {
    let figures = this.pipelines.get(pipeline);
    if (figures === undefined) {
      figures = { clockMs: null, lagMs: 0, firing: { info: 0, warning: 0, critical: 0 }, values: new Map() };
      this.pipelines.set(pipeline, figures);
    }
    return figures;
  }
}

/** Behind the clock that the monitor goes by: labels come when they come. */
function lagOf(state: EngineState, tick: MonitorTick, compiled: readonly CompiledMonitor[]): number {
  const lags = compiled.map(({ definition, clock }) => {
    const progress = state.monitors[definition.name];
    const clockMs = clock === 'events' ? tick.eventsClock : tick.labelsClock;
    if (clockMs === null || progress === undefined || progress.lastEndMs === null) return 0;
    return clockMs - progress.graceMs - definition.everyMs - progress.lastEndMs;
  });
  return Math.max(0, ...lags);
}

function firingOf({ alerts }: EngineState): Readonly<Record<Severity, number>> {
  const firing = { info: 0, warning: 0, critical: 0 };
  for (const { firing: alert } of Object.values(alerts)) if (alert !== null) firing[alert.severity]++;
  return firing;
}
