import type { Telemetry } from '#platform/telemetry';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { setTimeout as sleep } from 'node:timers/promises';
import { exportOtlpEndpoint } from '../cli.config.js';
import { withConnections, type Connections } from '../connections/connections.js';
import { explainFailure } from '../connections/explain-failure.js';
import { fitColumns } from '../publish/csv-typing.js';
import { eventKind } from '../publish/event-preparation.js';
import { openEventSource, type EventSource, type SourceFormat } from '../publish/event-source.js';
import { labelKind } from '../publish/label-preparation.js';
import { publishEvents, type PublishResult } from '../publish/publish-events.js';
import { showProgress, speedOf, summaryOf } from '../publish/publish-progress.js';
import { prepareRecords, type RecordKind } from '../publish/record-preparation.js';
import { createSendSpans, isTraceparent } from '../publish/send-span.js';
import { CliFailure, messageOf, type ExitCode } from '../terminal/failure.js';
import { interruptSignal } from '../terminal/interrupt.js';
import { positiveInteger, rate } from '../terminal/option-parsers.js';
import type { Reporter } from '../terminal/reporter.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';

interface PublishOptions {
  readonly json?: boolean;
  readonly as: 'events' | 'labels';
  readonly format?: SourceFormat;
  readonly rate?: number;
  readonly limit?: number;
  readonly fromRow?: number;
  readonly traceparent?: string;
  readonly key?: string;
  readonly strict?: boolean;
}

/** Rejected rows that are told one by one; the rest is counted. */
const MOST_TOLD = 20;
const SPANS_DEADLINE_MS = 3_000;

export function registerPublish(program: Command): void {
  const command = program
    .command('publish')
    .description('publish the rows of a file as Avro events or labels of a pipeline, as an upstream system would')
    .argument('<pipeline>', 'a pipeline in force')
    .argument('<file>', 'CSV or NDJSON, gzipped or not; - reads stdin')
    .addOption(
      new Option('--format <format>', 'what the file is; told by its name or content').choices(['csv', 'ndjson']),
    )
    .addOption(
      new Option('--as <what>', 'what the rows are: events, or labels of events')
        .choices(['events', 'labels'])
        .default('events'),
    )
    .option('--rate <rate>', 'so many at most, e.g. 500/s (default: as fast as it goes)', rate)
    .option('--limit <count>', 'at most this many rows', positiveInteger)
    .option('--from-row <row>', 'begin at this data row, from 1', positiveInteger)
    .option('--traceparent <context>', 'W3C trace context that the records continue', traceparent)
    .option('--key <key>', 'one Kafka key for all, instead of their own')
    .option('--strict', 'stop at the first row that is none');
  withExamples(withJson(command), [
    'eddyline publish electricity pipelines/electricity/electricity.csv.gz --rate 500/s',
    'eddyline publish electricity labels.csv --as labels',
    'zcat events.ndjson.gz | eddyline publish electricity - --limit 1000',
    'eddyline publish electricity one.ndjson --traceparent 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  ]).action((pipeline: string, file: string, options: PublishOptions) =>
    runAction(options, (reporter) =>
      withConnections(['kafkaBrokers', 'schemaRegistryUrl'], async (connections) => {
        const applied = await connections.pipeline(pipeline);
        const kind = options.as === 'labels' ? labelKind(applied) : eventKind(applied);
        const source = await openEventSource(file, options.format);
        try {
          checkColumns(source, kind, pipeline, file, reporter);
          const result = await publish(source, file, kind, connections, options, reporter);
          return report(result, file, kind, connections, reporter);
        } finally {
          source.close();
        }
      }),
    ),
  );
}

function traceparent(text: string): string {
  if (!isTraceparent(text)) {
    throw new InvalidArgumentError('Expected 00-<32 hex digits>-<16 hex digits>-<2 hex digits>.');
  }
  return text;
}

function checkColumns(
  { columns }: EventSource,
  { noun, schema }: RecordKind,
  pipeline: string,
  file: string,
  reporter: Reporter,
): void {
  if (columns === undefined) return;
  const { ignored, missing } = fitColumns(schema, columns);
  if (missing.length > 0) {
    throw new CliFailure(
      `${file} has no column for ${missing.join(', ')}, which the ${noun} schema of ${pipeline} needs ` +
        `(columns: ${columns.join(', ')}). Add the column, or give the field a default in the schema and apply again`,
    );
  }
  if (ignored.length > 0) {
    reporter.note(`left out, as the ${noun} schema does not have them: ${ignored.join(', ')}`);
  }
}

async function publish(
  source: EventSource,
  file: string,
  kind: RecordKind,
  connections: Connections,
  options: PublishOptions,
  reporter: Reporter,
): Promise<PublishResult> {
  exportOtlpEndpoint(connections.addresses);
  // Loaded here: the SDK takes a third of a second, which every other command would pay as well.
  const { startTelemetry } = await import('#platform/telemetry');
  const telemetry = startTelemetry({ service: 'publisher' });
  const publisher = connections.publisher();
  const interrupt = interruptSignal();
  const { limit } = options;
  const progress = showProgress(reporter, `${kind.noun}s`, ({ read }) =>
    limit === undefined ? source.fractionRead() : read / limit,
  );
  // An open stdin would otherwise keep an interrupted command waiting for the next line.
  interrupt.signal.addEventListener('abort', () => source.close());
  let told = 0;
  try {
    return await publishEvents(source.rows, {
      prepare: prepareRecords(kind, connections.codecs(), {
        texts: source.format === 'csv',
        startSpan: createSendSpans(kind.topic, options.traceparent),
        ...(options.key !== undefined && { key: options.key }),
      }),
      publish: (messages) => publisher.publish(messages),
      signal: interrupt.signal,
      strict: options.strict === true,
      ...(options.rate !== undefined && { ratePerSecond: options.rate }),
      ...(options.limit !== undefined && { limit: options.limit }),
      ...(options.fromRow !== undefined && { fromRow: options.fromRow }),
      onProgress: (counts) => progress.update(counts),
      onRejected: ({ line, message }) => {
        if (++told <= MOST_TOLD) progress.interject(`${file === '-' ? 'stdin' : file}:${line}: ${message}`);
        if (told === MOST_TOLD + 1) progress.interject(`… further rows that are no ${kind.noun}s are only counted`);
      },
    });
  } finally {
    progress.stop();
    interrupt.release();
    await sendSpans(telemetry, reporter);
  }
}

/** Records count, spans do not: a trace receiver that is away delays the command by a few seconds at most. */
async function sendSpans(telemetry: Telemetry, reporter: Reporter): Promise<void> {
  const late = sleep(SPANS_DEADLINE_MS, undefined, { ref: false }).then(() => {
    throw new Error(`no answer within ${SPANS_DEADLINE_MS / 1_000} s`);
  });
  await Promise.race([telemetry.shutdown(), late]).catch((error: unknown) =>
    reporter.warn(`the traces of these records were not all sent: ${messageOf(error)}`),
  );
}

function report(
  result: PublishResult,
  file: string,
  { topic, noun }: RecordKind,
  connections: Connections,
  reporter: Reporter,
): ExitCode {
  const { failure, elapsedMs, ...counts } = result;
  const ok = result.end === 'finished' && result.rejected === 0;
  const why =
    failure === undefined ? undefined : (explainFailure(failure, connections.addresses) ?? messageOf(failure));
  reporter.result({
    ok,
    topic,
    ...counts,
    elapsedMs: Math.round(elapsedMs),
    [`${noun}sPerSecond`]: Math.round(speedOf(result)),
    ...(why !== undefined && { error: why }),
  });
  reporter.line(summaryOf(topic, `${noun}s`, result));
  if (why !== undefined) reporter.error(why);
  if (result.end === 'rejected') reporter.error(`stopped at the first row that is no ${noun} (--strict)`);
  if (result.end === 'interrupted' || result.end === 'failed') {
    reporter.note(`to go on: eddyline publish … ${file} --from-row ${result.nextRow}`);
  }
  return ok ? 0 : 1;
}
