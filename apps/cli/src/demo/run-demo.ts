import { databaseOf, topicOf, type AppliedPipeline } from '#contracts';
import type { OutboundMessage } from '#platform/outcomes';
import { startTelemetry } from '#platform/telemetry';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { discoverAddresses, exportOtlpEndpoint, requireAddresses } from '../cli.config.js';
import { withConnections, type Connections } from '../connections/connections.js';
import { publishEvents, type PublishResult } from '../publish/publish-events.js';
import { createSendSpans } from '../publish/send-span.js';
import { formatLogLine } from '../services/format-log-line.js';
import { SERVICES } from '../services/service-definitions.js';
import { describeEnd, startServices, type RunningServices } from '../services/start-services.js';
import { readStatus } from '../status/read-status.js';
import { CliFailure, type ExitCode } from '../terminal/failure.js';
import { interruptSignal } from '../terminal/interrupt.js';
import type { Reporter } from '../terminal/reporter.js';
import { formatCount } from '../terminal/table.js';
import { commandSteps, type RunCommand } from './command-steps.js';
import { isSettled, Ledger, type Account } from './demo-account.js';
import { ensureStack } from './demo-stack.js';
import { summarise } from './demo-summary.js';
import { DemoView } from './demo-view.js';
import { ElectricityFeed, REPEAT_EVERY, ROWS, SPOIL_EVERY, STEP_MS, type Expected } from './electricity-feed.js';
import { firstModelAlone, type LoopWorth } from './first-model-alone.js';
import { prepareLabels } from './label-messages.js';
import { monitorsBehind } from './monitor-progress.js';
import { demoData, PIPELINE, pipelineFolder } from './pipeline-folder.js';

export interface DemoOptions {
  readonly json?: boolean;
  readonly freePorts?: boolean;
  readonly rate: number;
  /** How long to publish, ms; left out: until Ctrl-C. */
  readonly for?: number;
  /** How many half-hours to publish at most; left out: as many as there is time for. */
  readonly events?: number;
  /** Register a bad model when there is time to see what becomes of it. */
  readonly sabotage: boolean;
}

const TRAINING_ROWS = 4_000;
/** Half an hour before the first half-hour of the data. */
const BEGINNING_MS = Date.parse('1996-05-06T23:30:00Z');
const DRAIN_DEADLINE_MS = 120_000;
const WATCH_DEADLINE_MS = 300_000;
const INTERRUPTED_PATIENCE_MS = 5_000;
/** Enough traces to look at, at any rate. */
const SAMPLING = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.01' };
/** Days of data pass in a second: labels of refused events are given up while somebody looks. */
const LABELS = { EDDYLINE_LABEL_GRACE: '5s', EDDYLINE_LABEL_RETRY: '2s' };
/** A tenth of a second is a transaction, and half a second an insert: what they cost beyond that, training and guards can do with. */
const STREAM = { KAFKA_FETCH_MIN_BYTES: '32KiB' };
const STORING = { KAFKA_FETCH_MIN_BYTES: '1MiB', KAFKA_FETCH_MAX_WAIT: '500ms' };
const ASIDE = { ...STORING, KAFKA_FETCH_MAX_WAIT: '2s' };
/** And a loop that took its time would be weeks late with everything. */
const LOOP = { EDDYLINE_LOOP_EVERY: '500ms', EDDYLINE_GUARD_SHARE: '1', EDDYLINE_TRAINING_NICE: '0' };

/** The main job on real input: publish as an upstream would, watch every stage, and account for each event in the end. */
export async function runDemo(options: DemoOptions, reporter: Reporter, runCommand: RunCommand): Promise<ExitCode> {
  const interrupt = interruptSignal();
  const stack = await ensureStack(options.freePorts === true, reporter);
  let services: RunningServices | undefined;
  try {
    exportOtlpEndpoint(discoverAddresses());
    await prepare(reporter, runCommand);
    services = start(options, reporter);
    await services.ready;
    return await withConnections(['kafkaBrokers', 'schemaRegistryUrl', 'clickhouseUrl'], (connections) =>
      stream(options, services!, connections, interrupt.signal, reporter),
    );
  } finally {
    await services?.stop();
    await stack.stop();
    interrupt.release();
  }
}

/** The commands that a person would type, told as they run. */
async function prepare(reporter: Reporter, runCommand: RunCommand): Promise<void> {
  const step = commandSteps(runCommand, reporter, reporter.json ? ['--json'] : []);
  const folder = pipelineFolder();
  await step('apply', join(folder, 'pipeline.yaml'), '--yes');
  const champion = await withConnections(['kafkaBrokers', 'schemaRegistryUrl'], async (connections) =>
    (await connections.models()).champion(PIPELINE),
  );
  if (champion !== undefined)
    return reporter.note(`\nModel version ${champion.version.version} serves since ${champion.appointment.since}.`);
  await step(
    'train',
    PIPELINE,
    '--from',
    demoData(),
    '--label',
    'price_went_up',
    '--rows',
    String(TRAINING_ROWS),
    '--register',
    '--description',
    `the first ${TRAINING_ROWS} rows`,
  );
}

function start(options: DemoOptions, reporter: Reporter): RunningServices {
  const addresses = requireAddresses(
    discoverAddresses(),
    'kafkaBrokers',
    'schemaRegistryUrl',
    'clickhouseUrl',
    'artifacts',
  );
  reporter.note('\nStarting the services …');
  return startServices({
    addresses,
    env: { ...SAMPLING, ...LABELS, ...STREAM, ...LOOP, LOG_LEVEL: 'warn', EDDYLINE_PIPELINES: PIPELINE },
    envOf: { monitoring: STORING, explanation: ASIDE },
    ...(options.freePorts && { ports: Object.fromEntries(SERVICES.map(({ name }) => [name, 0])) }),
    onLog: (service, line) => reporter.note(formatLogLine(service, line)),
  });
}

async function stream(
  options: DemoOptions,
  services: RunningServices,
  connections: Connections,
  interrupted: AbortSignal,
  reporter: Reporter,
): Promise<ExitCode> {
  const applied = await connections.pipeline(PIPELINE);
  await untilDrained(applied, connections); // what an earlier run left under way is not this one's
  const run = Date.now().toString(36);
  const ledger = await Ledger.open(connections, PIPELINE, run);
  const fromMs = await clockOf(connections);
  const feed = new ElectricityFeed(demoData(), run, fromMs);
  tell(options, services, reporter);

  const stop =
    options.for === undefined ? interrupted : AbortSignal.any([interrupted, AbortSignal.timeout(options.for)]);
  const view = await DemoView.open(connections, services, reporter);
  const watching = new AbortController();
  const crashed = services.crashed.then((state) => {
    throw new CliFailure(`${state.name} ended by itself (${describeEnd(state)}); its last lines are above`);
  });
  crashed.catch(() => undefined);
  const drawing = view.draw(watching.signal);
  const sabotaged = sabotageInTime(options, AbortSignal.any([stop, watching.signal]), reporter);
  sabotaged.catch(() => undefined);
  try {
    const result = await Promise.race([publish(feed, run, applied, connections, options, stop), crashed]);
    await sabotaged;
    if (result.failure !== undefined) throw result.failure;
    const { labels } = feed.expected;
    reporter.note(
      `\nPublished ${formatCount(result.published)} events and ${formatCount(labels)} labels; waiting until each is accounted for …`,
    );
    const account = await Promise.race([settle(ledger, result.published, feed.expected), crashed]);
    reporter.note('Waiting until the monitors have looked at all of it …');
    await Promise.race([untilWatched(applied, connections, interrupted, reporter), crashed]);
    watching.abort();
    await drawing;
    const worth = await worthOfLoop(applied, connections, fromMs, result.published);
    const { windows, alerts, decisions } = view;
    return summarise({ fromMs, result, expected: feed.expected, account, windows, alerts, decisions, worth }, reporter);
  } finally {
    watching.abort();
    await drawing;
  }
}

async function publish(
  feed: ElectricityFeed,
  run: string,
  applied: AppliedPipeline,
  connections: Connections,
  { rate: ratePerSecond, events }: DemoOptions,
  signal: AbortSignal,
): Promise<PublishResult> {
  const telemetry = startTelemetry({ service: 'publisher' });
  const publisher = connections.publisher();
  const prepareLabel = prepareLabels(applied, connections.codecs(), run);
  const labels = (): OutboundMessage[] => feed.takeLabels().map(prepareLabel);
  try {
    const result = await publishEvents(feed.rows(events), {
      prepare: feed.prepare(applied, connections.codecs(), createSendSpans(topicOf(PIPELINE, 'events'))),
      publish: (messages) => publisher.publish([...messages, ...labels()]),
      ratePerSecond,
      signal,
      onRejected: ({ row, message }) => {
        throw new Error(`row ${row} of the electricity data is no event: ${message}`);
      },
    });
    await publisher.publish(labels());
    return result;
  } finally {
    await telemetry.shutdown().catch(() => undefined);
  }
}

/** Waits until the sums agree, or as long as they may reasonably take. */
async function settle(ledger: Ledger, published: number, expected: Expected): Promise<Account> {
  const deadline = Date.now() + DRAIN_DEADLINE_MS;
  for (;;) {
    const account = await ledger.read();
    if (isSettled(published, expected, account) || Date.now() > deadline) {
      await delay(1_000); // whatever came twice would come now
      const again = await ledger.read();
      // A label that is given up just then is for a moment neither waiting nor in the log.
      if (isSettled(published, expected, again) || Date.now() > deadline) return again;
    }
    await delay(1_000);
  }
}

/**
 * Alerts of the last windows are part of what a run shows; on a busy machine, monitors trail the stream. Whoever pressed Ctrl-C
 * is not kept for it.
 */
async function untilWatched(
  { definition }: AppliedPipeline,
  connections: Connections,
  interrupted: AbortSignal,
  reporter: Reporter,
): Promise<void> {
  const startedMs = Date.now();
  for (;;) {
    const behind = await monitorsBehind(definition, connections);
    if (behind.length === 0) return;
    const patienceMs = interrupted.aborted ? INTERRUPTED_PATIENCE_MS : WATCH_DEADLINE_MS;
    if (Date.now() - startedMs > patienceMs) return reporter.note(`Still behind: ${behind.join(', ')}`);
    await delay(1_000);
  }
}

async function untilDrained(applied: AppliedPipeline, connections: Connections): Promise<void> {
  const deadline = Date.now() + DRAIN_DEADLINE_MS;
  for (;;) {
    const { streams } = await readStatus(applied, connections);
    // The marker that ends a transaction takes an offset: one record per partition may look unread for ever.
    // Labels of refused events wait for days of data: those of an earlier run are looked for beside this one's.
    const behind = streams
      .filter(({ stream }) => stream !== 'label-retries')
      .flatMap(({ partitions, groups }) => groups.map(({ lag }) => Math.max(0, lag - partitions)));
    if (behind.every((lag) => lag === 0)) return;
    if (Date.now() > deadline)
      throw new CliFailure(`${Math.max(...behind)} events of an earlier run are still under way; see eddyline status`);
    await delay(500);
  }
}

/** Where the stream's own time stands: the newest event time in the log, or the beginning of the data. */
async function clockOf(connections: Connections): Promise<number> {
  const result = await connections.clickhouse().query({
    query: `SELECT toUnixTimestamp64Milli(max(event_time)) AS at, count() AS events FROM ${databaseOf(PIPELINE)}.predictions`,
    format: 'JSONEachRow',
  });
  const [row] = await result.json<{ at: string; events: string }>();
  return row === undefined || Number(row.events) === 0 ? BEGINNING_MS : Number(row.at);
}

function tell(options: DemoOptions, services: RunningServices, reporter: Reporter): void {
  const addresses = discoverAddresses();
  const lasting =
    options.for !== undefined
      ? `for ${options.for / 1_000} s`
      : options.events !== undefined
        ? `until there are ${formatCount(options.events)}`
        : 'until Ctrl-C';
  reporter.note(
    `\nPublishing ${options.rate} half-hours of electricity a second ${lasting}, each one's label half an hour of data time later;\n` +
      `one event in ${SPOIL_EVERY} is spoiled and one in ${REPEAT_EVERY} sent twice, on purpose. In May 1997 the market opens to Victoria.\n`,
  );
  reporter.note(
    `  Kafka       ${addresses.kafkaBrokers?.join(',')}   topics ${PIPELINE}.{events,validated,predictions,labels,outcomes,alerts,quarantine}`,
  );
  reporter.note(
    `  ClickHouse  ${withoutCredentials(addresses.clickhouseUrl)}/play   database ${databaseOf(PIPELINE)}, users in .eddyline/stack.json`,
  );
  reporter.note(`  Registry    ${addresses.schemaRegistryUrl}/subjects`);
  for (const { name, url } of services.states.values()) reporter.note(`  ${name.padEnd(11)} ${url}/docs`);
  reporter.note('');
}

function withoutCredentials(url: string | undefined): string {
  const parsed = new URL(url ?? 'http://localhost');
  return parsed.origin;
}

/** A rollout needs some weeks of data, and the machine some time, to come to its end. */
const SABOTAGE_FROM_MS = 180_000;
/** How much of the time has passed by then: what the loop does by itself is seen first. */
const SABOTAGE_AT = 0.55;

/** What a person would do in another terminal: in a process of its own, since training takes a core for itself. */
async function sabotageInTime(
  { for: lastingMs, sabotage }: DemoOptions,
  stop: AbortSignal,
  reporter: Reporter,
): Promise<void> {
  if (!sabotage || lastingMs === undefined || lastingMs < SABOTAGE_FROM_MS) return;
  await delay(lastingMs * SABOTAGE_AT, undefined, { signal: stop }).catch(() => undefined);
  if (stop.aborted) return;
  reporter.note('\n$ eddyline demo sabotage');
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, 'demo', 'sabotage'], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  for (const output of [child.stdout!, child.stderr!]) {
    createInterface({ input: output }).on('line', (line) => reporter.note(`  ${line}`));
  }
  const end = (): void => void child.kill('SIGTERM');
  stop.addEventListener('abort', end);
  const [code] = (await once(child, 'exit')) as [number | null];
  stop.removeEventListener('abort', end);
  if (code !== 0 && !stop.aborted) reporter.warn('the sabotage did not succeed; its reason is above');
}

/** On the first time through the data: what comes again was seen before. */
async function worthOfLoop(
  applied: AppliedPipeline,
  connections: Connections,
  fromMs: number,
  published: number,
): Promise<LoopWorth | null> {
  const [first, last] = [TRAINING_ROWS, Math.min(published, ROWS)];
  if (fromMs > BEGINNING_MS || last <= first) return null;
  return firstModelAlone(applied, connections, { fromMs: fromMs + first * STEP_MS, toMs: fromMs + last * STEP_MS });
}
