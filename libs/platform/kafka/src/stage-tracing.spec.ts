import { SpanKind } from '@opentelemetry/api';
import { AlwaysOnSampler, InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { BatchTrace, formatTraceparent, parseTraceparent } from './stage-tracing.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SAMPLED = Buffer.from(`00-${TRACE}-b7ad6b7169203331-01`);
const UNSAMPLED = Buffer.from(`00-${TRACE}-b7ad6b7169203331-00`);

describe('traceparent', () => {
  it('is read and written as W3C Trace Context has it', () => {
    expect(formatTraceparent(parseTraceparent(SAMPLED)!)).toBe(String(SAMPLED));
  });

  it.each([
    ['too short', '00-abc-def-01'],
    ['no trace id', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`],
    ['no span id', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['upper case', `00-${TRACE.toUpperCase()}-b7ad6b7169203331-01`],
  ])('with %s counts as none', (_, text) => {
    expect(parseTraceparent(Buffer.from(text))).toBeUndefined();
  });
});

describe('the spans of a batch', () => {
  const message = (offset: string, traceparent?: Buffer) => ({
    offset,
    timestamp: '0',
    key: null,
    value: null,
    ...(traceparent && { headers: { traceparent } }),
  });

  function trace(originates: boolean, ...messages: ReturnType<typeof message>[]) {
    const exporter = new InMemorySpanExporter();
    const provider = new TracerProvider({
      sampler: new AlwaysOnSampler(),
      spanProcessors: [new SimpleSpanProcessor({ exporter })],
    });
    const stage = { group: 'g', topic: 't', partition: 3, originates };
    const batch = new BatchTrace(provider.getTracer('test'), stage, messages);
    const finished = async () => {
      batch.end();
      await provider.forceFlush();
      return exporter.getFinishedSpans();
    };
    return { batch, finished };
  }

  it('are one for the batch, linked to each sampled record, and one in the trace of each', async () => {
    const { finished } = trace(false, message('7', SAMPLED), message('8', UNSAMPLED), message('9'));
    const [record, whole, ...more] = await finished();
    expect(more).toEqual([]);
    expect(record).toMatchObject({
      name: 'process t',
      kind: SpanKind.CONSUMER,
      attributes: { 'messaging.kafka.offset': 7 },
    });
    expect(record!.spanContext().traceId).toBe(TRACE);
    expect(whole!.links).toMatchObject([{ context: { traceId: TRACE, spanId: 'b7ad6b7169203331' } }]);
    expect(whole!.attributes).toMatchObject({
      'messaging.batch.message_count': 3,
      'messaging.destination.partition.id': '3',
    });
  });

  it('hand on the span of a sampled record, and the caller’s context of one that is not', () => {
    const { batch } = trace(false, message('7', SAMPLED), message('8', UNSAMPLED), message('9'));
    expect(batch.traceparent(0)).toMatch(new RegExp(`^00-${TRACE}-(?!b7ad6b7169203331)[0-9a-f]{16}-01$`));
    expect(batch.traceparent(1)).toBe(String(UNSAMPLED));
    expect(batch.traceparent(2)).toBeUndefined();
    expect([0, 1, 2].map((index) => batch.traceId(index))).toEqual([TRACE, '', '']);
  });

  it('begin a trace for a record without one only where the pipeline begins', () => {
    expect(trace(true, message('7')).batch.traceId(0)).toMatch(/^[0-9a-f]{32}$/);
    expect(trace(false, message('7')).batch.traceId(0)).toBe('');
  });

  it('are capped, and traces past the cap still go through', async () => {
    const { batch, finished } = trace(false, ...Array.from({ length: 70 }, (_, i) => message(String(i), SAMPLED)));
    const spans = await finished();
    expect(spans).toHaveLength(65);
    expect(spans.at(-1)!.attributes['eddyline.links.dropped']).toBe(6);
    expect(batch.traceId(69)).toBe(TRACE);
    expect(batch.traceparent(69)).toBe(String(SAMPLED));
  });
});
