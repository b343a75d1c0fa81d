import { eventually } from '#platform/testing';
import { halfHours, type HalfHour } from './support/half-hours.js';
import { eddylineJson } from './support/run-eddyline.js';
import { ServiceProcesses } from './support/service-processes.js';
import { TestPipeline } from './support/test-pipeline.js';
import { callersContext, spansOf, type Span } from './support/traces.js';

let pipeline: TestPipeline;
let services: ServiceProcesses;
let aHalfHour: (n: number) => HalfHour;

beforeAll(async () => {
  pipeline = await TestPipeline.create('trace');
  aHalfHour = halfHours(pipeline.name);
  // Nothing is sampled of its own accord: what is recorded was asked for by the caller.
  services = new ServiceProcesses(pipeline.name, {
    OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
    OTEL_TRACES_SAMPLER_ARG: '0',
    OTEL_BSP_SCHEDULE_DELAY: '200',
  });
  await services.start('ingestion', 'validation', 'inference', 'feedback', 'monitoring');
});

afterAll(async () => {
  await services?.stop();
  await pipeline?.close();
});

/** The spans of a trace, once the insert is among them and every span's parent is there or is the caller's. */
function wholeTrace(traceId: string, callersSpanId: string): Promise<readonly Span[]> {
  return eventually(
    async () => {
      const spans = await spansOf(pipeline, traceId);
      expect(namesOf(spans)).toContain(`monitoring: INSERT ${pipeline.database}.predictions`);
      const known = new Set([callersSpanId, ...spans.map(({ spanId }) => spanId)]);
      expect(spans.filter(({ parentId }) => !known.has(parentId))).toEqual([]);
      return spans;
    },
    { everyMs: 200 },
  );
}

function namesOf(spans: readonly Span[]): string[] {
  return spans.map(({ service, name }) => `${service}: ${name}`);
}

/** From the span whose parent is the caller's down to the one that is named. */
function pathTo(spans: readonly Span[], last: string): string[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const names: string[] = [];
  for (let span = spans.find(({ name }) => name === last); span !== undefined; span = byId.get(span.parentId)) {
    names.unshift(`${span.service}: ${span.name}`);
  }
  return names;
}

async function traceIdsLogged(eventId: string): Promise<string[]> {
  const rows = await pipeline.rows<{ trace_id: string }>(
    `SELECT trace_id FROM ${pipeline.database}.predictions WHERE event_id = '${eventId}'`,
  );
  return rows.map(({ trace_id }) => trace_id);
}

describe("the caller's trace", () => {
  it('goes from the HTTP request to the row', async () => {
    const { traceId, spanId, traceparent } = callersContext();
    const event = aHalfHour(1);
    const response = await fetch(`${await services.urlOf('ingestion')}/v1/pipelines/${pipeline.name}/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', traceparent },
      body: JSON.stringify(event),
    });
    expect(response.status).toBe(202);
    const spans = await wholeTrace(traceId, spanId);
    expect(pathTo(spans, `INSERT ${pipeline.database}.predictions`)).toEqual([
      'ingestion: POST /v1/pipelines/:pipeline/events',
      `ingestion: send ${pipeline.topic('events')}`,
      `validation: process ${pipeline.topic('events')}`,
      `inference: process ${pipeline.topic('validated')}`,
      `monitoring: process ${pipeline.topic('predictions')}`,
      `monitoring: INSERT ${pipeline.database}.predictions`,
    ]);
    expect(namesOf(spans)).toContain(`monitoring: process ${pipeline.topic('predictions')}`);
    expect(await traceIdsLogged(event.event_id)).toEqual([traceId]);
  });

  it('goes from a publisher on Kafka to the row', async () => {
    const { traceId, spanId, traceparent } = callersContext();
    const event = aHalfHour(2);
    const published = await eddylineJson<{ published: number }>(
      ['publish', pipeline.name, '-', '--format', 'ndjson', '--traceparent', traceparent],
      { stdin: JSON.stringify(event) },
    );
    expect(published).toMatchObject({ ok: true, published: 1 });
    const spans = await wholeTrace(traceId, spanId);
    expect(pathTo(spans, `INSERT ${pipeline.database}.predictions`)).toEqual([
      `publisher: send ${pipeline.topic('events')}`,
      `validation: process ${pipeline.topic('events')}`,
      `inference: process ${pipeline.topic('validated')}`,
      `monitoring: process ${pipeline.topic('predictions')}`,
      `monitoring: INSERT ${pipeline.database}.predictions`,
    ]);
    expect(namesOf(spans)).toContain(`monitoring: process ${pipeline.topic('predictions')}`);
    expect(await traceIdsLogged(event.event_id)).toEqual([traceId]);
  });

  it('goes from the header of any producer to the row', async () => {
    const { traceId, spanId, traceparent } = callersContext();
    const event = aHalfHour(3);
    const value = pipeline.encoder()(event);
    await pipeline.publisher.publish([
      { topic: pipeline.topic('events'), key: event.event_id, value, headers: { traceparent } },
    ]);
    const spans = await wholeTrace(traceId, spanId);
    expect(pathTo(spans, `INSERT ${pipeline.database}.predictions`)[0]).toBe(
      `validation: process ${pipeline.topic('events')}`,
    );
    expect(await traceIdsLogged(event.event_id)).toEqual([traceId]);
  });

  it('goes on with the label to the row of the outcome, linked to the trace of whoever sent the label', async () => {
    const [caller, labeller] = [callersContext(), callersContext()];
    const event = aHalfHour(5);
    const value = pipeline.encoder()(event);
    const headers = { traceparent: caller.traceparent };
    await pipeline.publisher.publish([{ topic: pipeline.topic('events'), key: event.event_id, value, headers }]);
    await wholeTrace(caller.traceId, caller.spanId);
    const response = await fetch(`${await services.urlOf('feedback')}/v1/pipelines/${pipeline.name}/labels`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', traceparent: labeller.traceparent },
      body: JSON.stringify({ event_id: event.event_id, price_went_up: 1, known_at: event.at + 1_800_000 }),
    });
    expect(response.status).toBe(202);
    const row = await eventually(async () => {
      const [found] = await pipeline.rows<{ trace_id: string; label: number }>(
        `SELECT trace_id, label FROM ${pipeline.database}.outcomes WHERE event_id = '${event.event_id}'`,
      );
      expect(found).toBeDefined();
      return found;
    });
    expect(row).toEqual({ trace_id: caller.traceId, label: 1 });
    const insert = `INSERT ${pipeline.database}.outcome_revisions`;
    const spans = await eventually(
      async () => {
        const found = await spansOf(pipeline, caller.traceId);
        expect(namesOf(found)).toEqual(
          expect.arrayContaining([`feedback: join ${pipeline.topic('outcomes')}`, `monitoring: ${insert}`]),
        );
        return found;
      },
      { everyMs: 200 },
    );
    expect(pathTo(spans, insert)).toEqual([
      `feedback: join ${pipeline.topic('outcomes')}`,
      `monitoring: process ${pipeline.topic('outcomes')}`,
      `monitoring: ${insert}`,
    ]);
    const [{ links }] = (await pipeline.rows<{ links: string[] }>(
      `SELECT Links.TraceId AS links FROM otel.otel_traces
       WHERE TraceId = '${caller.traceId}' AND SpanName = 'join ${pipeline.topic('outcomes')}'`,
    )) as [{ links: string[] }];
    expect(links).toEqual([labeller.traceId]);
  });

  it('is not begun where nobody asked for it', async () => {
    const event = aHalfHour(4);
    await pipeline.publisher.publish([
      { topic: pipeline.topic('events'), key: event.event_id, value: pipeline.encoder()(event) },
    ]);
    await eventually(async () => expect(await traceIdsLogged(event.event_id)).toEqual(['']));
  });

  it('ends in quarantine with an error that names the reason', async () => {
    const { traceId, spanId, traceparent } = callersContext();
    await pipeline.publisher.publish([
      { topic: pipeline.topic('events'), key: 'bad', value: Buffer.from('{}'), headers: { traceparent } },
    ]);
    const refused = await eventually(async () => {
      const [row] = await pipeline.rows<Record<string, string>>(
        `SELECT ServiceName, StatusCode, SpanAttributes['error.type'] AS reason, ParentSpanId FROM otel.otel_traces
         WHERE TraceId = '${traceId}' AND SpanName = 'process ${pipeline.topic('events')}'`,
      );
      expect(row).toBeDefined();
      return row;
    });
    expect(refused).toEqual({
      ServiceName: 'validation',
      StatusCode: 'Error',
      reason: 'not_avro',
      ParentSpanId: spanId,
    });
  });
});
