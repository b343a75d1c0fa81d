import { trace } from '@opentelemetry/api';
import { insertTracingStep } from './insert-tracing.step.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const sampled = (spanId: string) => ({ traceId: TRACE, spanContext: { traceId: TRACE, spanId, traceFlags: 1 } });

describe('insertTracingStep', () => {
  it('takes the place of each sampled record in its own trace', () => {
    const { recordContexts } = insertTracingStep([
      { traceId: '', spanContext: undefined },
      sampled('00f067aa0ba902b7'),
    ]);
    expect(recordContexts!.map((context) => trace.getSpanContext(context)?.spanId)).toEqual(['00f067aa0ba902b7']);
  });

  it('leaves out records that are not sampled, though they have a context', () => {
    expect(insertTracingStep([{ ...sampled('00f067aa0ba902b7'), traceId: '' }]).links).toEqual([]);
  });

  it('stops at 16, so that a batch of sampled records does not flood the exporter', () => {
    const records = Array.from({ length: 40 }, (_, at) => sampled((at + 1).toString(16).padStart(16, '0')));
    expect(insertTracingStep(records).recordContexts).toHaveLength(16);
  });
});
