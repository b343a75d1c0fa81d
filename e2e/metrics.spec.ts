import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, HttpRecorder } from '#platform/testing';
import { parse } from 'yaml';
import { halfHours } from './support/half-hours.js';
import { metricsIn } from './support/promql-metrics.js';
import { ROOT } from './support/run-eddyline.js';
import { ServiceProcesses, type ServiceName } from './support/service-processes.js';
import { TestPipeline } from './support/test-pipeline.js';

const EVENTS = 600;
const SERVICES: readonly ServiceName[] = ['ingestion', 'validation', 'inference', 'feedback', 'monitoring'];

/** An alert at once: nothing is missing, which is beyond this bound. */
const MONITOR = `monitor:
  every: 1m
  window: 2m
  grace: 1s
  minRows: 10
  fireAfter: 1
  receivers: [pager]
  quality: { alert: { missing_ratio: { below: 0.5, severity: critical } } }

`;

interface RuleFile {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert?: string; readonly record?: string; readonly expr: string }[];
  }[];
}

const rules = (
  parse(readFileSync(join(ROOT, 'deploy/prometheus/rules/eddyline.yml'), 'utf8')) as RuleFile
).groups.flatMap((group) => group.rules);
const recorded = new Set(rules.flatMap(({ record }) => (record === undefined ? [] : [record])));

/** Where each expression stands, and the metrics that it reads: of rules, and of dashboards' panels. */
const expressions: readonly (readonly [string, readonly string[]])[] = [
  ...rules.map(({ alert, record, expr }) => [`rule ${alert ?? record}`, metricsIn(expr)] as const),
  ...readdirSync(join(ROOT, 'deploy/grafana/dashboards')).flatMap((file) =>
    [
      ...readFileSync(join(ROOT, 'deploy/grafana/dashboards', file), 'utf8').matchAll(/"expr": ("(?:[^"\\]|\\.)*")/g),
    ].map(([, text], at) => [`${file}, query ${at + 1}`, metricsIn(JSON.parse(text!) as string)] as const),
  ),
];

describe('metrics that rules and dashboards name', () => {
  const pager = new HttpRecorder();
  let pipeline: TestPipeline;
  let services: ServiceProcesses;
  let exposed: ReadonlySet<string>;

  beforeAll(async () => {
    const url = await pager.open();
    pipeline = await TestPipeline.create('metrics', {
      yaml: (text) => text.replace(/^monitor:[\s\S]*?(?=^topics:)/m, MONITOR),
    });
    services = new ServiceProcesses(pipeline.name, {
      EDDYLINE_ALERT_RECEIVERS: JSON.stringify({ pager: { kind: 'webhook', url } }),
      EDDYLINE_MONITOR_IDLE_AFTER: '2s',
    });
    await services.start(...SERVICES);
    await happen();
    const texts = await Promise.all(
      SERVICES.map(async (name) => (await fetch(`${await services.urlOf(name)}/metrics`)).text()),
    );
    exposed = new Set(
      texts.flatMap((text) => [...text.matchAll(/^([a-zA-Z_:][\w:]*)[{ ]/gm)].map(([, name]) => name!)),
    );
  });

  afterAll(async () => {
    await services?.stop();
    await pipeline?.close();
    await pager.close();
  });

  /** Everything that is counted happens once: events, refusals, labels, a log that is away, an alert, an answer over HTTP. */
  async function happen(): Promise<void> {
    await fetch(`${await services.urlOf('ingestion')}/v1/pipelines/${pipeline.name}/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    // A table that is not there is waited for, as for a store that is away.
    const table = `${pipeline.database}.quarantine`;
    await pipeline.clickhouse.command({ query: `RENAME TABLE ${table} TO ${table}_away` });
    const aHalfHour = halfHours(pipeline.name, 1_000);
    const encode = pipeline.encoder();
    const events = Array.from({ length: EVENTS }, (_, n) =>
      n % 100 === 7 ? aHalfHour(n, { period: 2 }) : aHalfHour(n),
    );
    await pipeline.publisher.publish(
      events.map((event) => ({ topic: pipeline.topic('events'), key: event.event_id, value: encode(event) })),
    );
    await eventually(async () => expect(await metric('monitoring', 'eddyline_stage_waits_total')).toBe(true));
    await pipeline.clickhouse.command({ query: `RENAME TABLE ${table}_away TO ${table}` });
    await eventually(() => pipeline.isDrained());
    const { label } = pipeline.applied.definition;
    const encodeLabel = pipeline.codecs.encoderFor(label!.schema, pipeline.applied.schemaIds.label!);
    await pipeline.publisher.publish(
      // The first comes later than the pipeline waits.
      events.slice(0, 200).map(({ event_id, at }, n) => ({
        topic: pipeline.topic('labels'),
        key: event_id,
        value: encodeLabel({ event_id, price_went_up: 1, known_at: at + (n === 0 ? 8 * 86_400_000 : 60_000) }),
      })),
    );
    await fetch(`${await services.urlOf('feedback')}/v1/pipelines/${pipeline.name}/labels`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ event_id: events[300]!.event_id, price_went_up: 1, known_at: events[300]!.at + 60_000 }),
    });
    await eventually(async () => expect(await metric('feedback', 'eddyline_feedback_labels_late_total')).toBe(true));
    await eventually(() => expect(pager.requests.length).toBeGreaterThan(0));
    await eventually(async () => expect(await metric('monitoring', 'eddyline_alert_deliveries_total')).toBe(true));
  }

  async function metric(service: ServiceName, name: string): Promise<boolean> {
    return (await (await fetch(`${await services.urlOf(service)}/metrics`)).text()).includes(`\n${name}{`);
  }

  it('are found in expressions, labels and functions left out', () => {
    expect(
      metricsIn('histogram_quantile(0.99, sum by (a, le) (rate(x_bucket{b=~"y.*"}[5m]))) > 5 and on(job) z == 1e6'),
    ).toEqual(['x_bucket', 'z']);
  });

  it.each(expressions)('%s reads what services show', (_place, metrics) => {
    const missing = metrics.filter((name) => !exposed.has(name) && !recorded.has(name) && name !== 'up');
    expect(missing).toEqual([]);
    expect(metrics).not.toEqual([]);
  });
});
