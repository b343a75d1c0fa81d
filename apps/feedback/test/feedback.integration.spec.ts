import { HEADER, LABEL_WAIT_HEADERS } from '#contracts';
import { eventually, stack, TcpGate } from '#platform/testing';
import { BY_KEY_AND_TIME, FeedbackHarness, finishedSpans, originOf } from './feedback-harness.js';

const EVENT_TIME = Date.UTC(1996, 4, 7, 12);
const HOUR_MS = 3_600_000;
const aLabel = (reading: string, over: Readonly<Record<string, unknown>> = {}) => ({
  reading,
  rose: true,
  known: EVENT_TIME + HOUR_MS,
  revision: 0,
  ...over,
});

describe('the feedback service', () => {
  const harnesses: FeedbackHarness[] = [];

  afterEach(async () => {
    await Promise.all(harnesses.splice(0).map((harness) => harness.close()));
  });

  async function given(...options: Parameters<typeof FeedbackHarness.create>): Promise<FeedbackHarness> {
    const harness = await FeedbackHarness.create(...options);
    harnesses.push(harness);
    return harness;
  }

  const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

  it('joins a label with the prediction that was served, all of it', async () => {
    const harness = await given();
    const prediction = harness.prediction('r-1');
    await harness.log(prediction, harness.prediction('r-1', { role: 'shadow', predicted_at: 0, score: 0.1 }));
    const { ready } = await harness.start();
    await ready;
    await harness.label(aLabel('r-1'), { partition: 1 });
    const [joined] = await eventually(async () => {
      const outcomes = await harness.outcomes();
      expect(outcomes).toHaveLength(1);
      return outcomes;
    });
    const [label] = await harness.read('labels');
    expect(joined!.partition).toBe(1);
    expect(joined!.record.key?.toString()).toBe('r-1');
    expect(joined!.record.timestampMs).toBe(label!.timestampMs);
    expect(plain(joined!.outcome)).toEqual(
      plain({
        event_id: 'r-1',
        label: 1,
        label_time: EVENT_TIME + HOUR_MS,
        label_revision: 0,
        label_late: false,
        label_partition: 1,
        label_offset: 0,
        joined_at: joined!.outcome.joined_at,
        published_at: prediction.predicted_at - 5,
        prediction_partition: 1,
        prediction_offset: 100,
        prediction,
      }),
    );
    expect(harness.fatal).toEqual([]);
  });

  it('finds events by key and time', async () => {
    const harness = await given(BY_KEY_AND_TIME);
    await harness.log(
      harness.prediction('r-1'),
      harness.prediction('r-2', { event_key: "it's \\ 0" }),
      harness.prediction('r-3', { event_time: EVENT_TIME + 1 }),
    );
    await (
      await harness.start()
    ).ready;
    for (const [region, at] of [
      ['NSW', EVENT_TIME],
      ["it's \\ 0", EVENT_TIME],
      ['NSW', EVENT_TIME + 1],
    ] as const) {
      await harness.label({ region, at, rose: false, known: EVENT_TIME, revision: 1 });
    }
    await eventually(async () => {
      const ids = (await harness.outcomes()).map(({ outcome }) => outcome.event_id);
      expect(ids.toSorted()).toEqual(['r-1', 'r-2', 'r-3']);
    });
  });

  it('passes on corrections and duplicates, and marks what comes late', async () => {
    const harness = await given();
    await harness.log(harness.prediction('r-1'));
    await (
      await harness.start()
    ).ready;
    await harness.label(aLabel('r-1'));
    await harness.label(aLabel('r-1'));
    await harness.label(aLabel('r-1', { rose: false, revision: 1, known: EVENT_TIME + 7 * HOUR_MS }));
    await eventually(async () => {
      const outcomes = (await harness.outcomes()).map(({ outcome }) => outcome);
      expect(outcomes.map(({ label, label_revision, label_late }) => [label, label_revision, label_late])).toEqual([
        [1, 0, false],
        [1, 0, false],
        [0, 1, true],
      ]);
    });
  });

  it('lets a label wait for its prediction, and joins it then as if it had just come', async () => {
    const harness = await given();
    await (
      await harness.start()
    ).ready;
    await harness.label(aLabel('r-1'), { partition: 0, headers: { 'x-source': 'bank' } });
    await eventually(async () => expect(await harness.read('label-retries')).not.toEqual([]));
    expect(await harness.outcomes()).toEqual([]);
    await harness.log(harness.prediction('r-1'));
    const [joined] = await eventually(async () => {
      const outcomes = await harness.outcomes();
      expect(outcomes).toHaveLength(1);
      return outcomes;
    });
    const [label] = await harness.read('labels');
    const [waiting] = await harness.read('label-retries');
    expect(joined!.outcome).toMatchObject({ label_partition: 0, label_offset: label!.offset });
    expect(joined!.record.timestampMs).toBe(label!.timestampMs);
    expect(waiting!.value).toEqual(label!.value);
    expect(waiting!.headers['x-source']?.toString()).toBe('bank');
    expect(waiting!.timestampMs).toBeGreaterThan(label!.timestampMs);
  });

  it('gives up a label that the log has passed, where it lay, and joins it when it is replayed', async () => {
    const harness = await given();
    await (
      await harness.start()
    ).ready;
    await harness.label(aLabel('other'), { partition: 1 });
    await harness.label(aLabel('r-1'), { partition: 1 });
    // The log has gone on, to more than six hours after the label.
    await harness.log(
      harness.prediction('other'),
      harness.prediction('later', { event_time: EVENT_TIME + 8 * HOUR_MS }),
    );
    const [orphan] = await eventually(async () => {
      const quarantined = await harness.read('quarantine');
      expect(quarantined).toHaveLength(1);
      return quarantined;
    });
    const labels = await harness.read('labels');
    const label = labels.find(({ key }) => key?.toString() === 'r-1')!;
    expect(originOf(orphan!)).toEqual({
      reason: 'orphan_label',
      topic: harness.topic('labels'),
      partition: '1',
      offset: String(label.offset),
    });
    expect(orphan!.value).toEqual(label.value);
    expect(orphan!.headers[HEADER.quarantineTimestamp]?.toString()).toBe(String(label.timestampMs));
    expect(orphan!.headers[HEADER.quarantineMessage]?.toString()).toContain('"r-1"');
    expect(Object.keys(orphan!.headers).filter((name) => LABEL_WAIT_HEADERS.has(name))).toEqual([]);

    await harness.log(harness.prediction('r-1'));
    await harness.publisher.publish([
      { topic: harness.topic('labels'), partition: 1, key: label.key, value: label.value },
    ]);
    await eventually(async () => {
      const ids = (await harness.outcomes()).map(({ outcome }) => outcome.event_id);
      expect(ids.toSorted()).toEqual(['other', 'r-1']);
    });
  });

  it('refuses what is no label, with what to do about it', async () => {
    const harness = await given();
    await (
      await harness.start()
    ).ready;
    await harness.label(aLabel('r-1', { rose: null }));
    await harness.label(aLabel('r-1', { revision: -1 }));
    await harness.label(aLabel('r-1', { known: Date.UTC(3000, 0, 1) }));
    await harness.publisher.publish([{ topic: harness.topic('labels'), key: 'r-1', value: Buffer.from('{}') }]);
    await eventually(async () => {
      const reasons = (await harness.read('quarantine')).map((record) => originOf(record)['reason']);
      expect(reasons.toSorted()).toEqual(['not_avro', 'null_value', 'range', 'range']);
    });
    expect(harness.fatal).toEqual([]);
  });

  it('waits for ClickHouse, says so, and loses nothing', async () => {
    const harness = await given();
    await harness.log(harness.prediction('r-1'));
    const gate = new TcpGate(stack().clickhouseUrl);
    const service = await harness.start({ CLICKHOUSE_URL: await gate.open() });
    await service.ready;
    await gate.shut();
    await harness.label(aLabel('r-1'));
    await eventually(async () => {
      const response = await fetch(`${service.url}/health/ready`);
      expect(response.status).toBe(503);
      expect(await response.text()).toContain('clickhouse_unreachable');
    });
    expect(await harness.outcomes()).toEqual([]);
    await gate.open();
    await eventually(async () => expect(await harness.outcomes()).toHaveLength(1));
    await eventually(async () => expect((await fetch(`${service.url}/health/ready`)).status).toBe(200));
    await harness.close().finally(() => gate.shut());
    harnesses.pop();
    expect(harness.fatal).toEqual([]);
  });

  it('ends at once while labels wait, and the next process goes on with them', async () => {
    const harness = await given();
    const first = await harness.start({ EDDYLINE_LABEL_RETRY: '1h' });
    await first.ready;
    // Looked for twelve times already: it waits for an hour.
    await harness.label(aLabel('r-1'), { partition: 0 });
    await eventually(async () => expect(await harness.read('label-retries')).not.toEqual([]));
    const [waiting] = await harness.read('label-retries');
    await harness.publisher.publish([
      {
        topic: harness.topic('label-retries'),
        partition: 0,
        key: waiting!.key,
        value: waiting!.value,
        headers: {
          ...(waiting!.headers as Record<string, Buffer>),
          [HEADER.labelAttempt]: '12',
          [HEADER.labelNotBefore]: String(Date.now() + 3_600_000),
        },
      },
    ]);
    await eventually(async () => expect((await harness.committed('label-retries'))[0]).toBeGreaterThan(0));
    await first.close();
    expect(harness.fatal).toEqual([]);
    await harness.log(harness.prediction('r-1'));
    const second = await harness.start();
    await second.ready;
    await eventually(async () => expect(await harness.outcomes()).toHaveLength(2));
  });

  it('goes on with the trace of the prediction, and links the label to it', async () => {
    const harness = await given();
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const labelTrace = '0af7651916cd43dd8448eb211c80319c';
    await harness.log(harness.prediction('r-1', { trace_id: traceId }), harness.prediction('r-2'));
    await (
      await harness.start()
    ).ready;
    const headers = { [HEADER.traceparent]: `00-${labelTrace}-00f067aa0ba902b7-01` };
    await harness.label(aLabel('r-1'), { headers, partition: 0 });
    await harness.label(aLabel('r-2'), { headers, partition: 0 });
    const outcomes = await eventually(async () => {
      const found = await harness.outcomes();
      expect(found).toHaveLength(2);
      return found;
    });
    const traces = outcomes.map(({ record }) => record.headers[HEADER.traceparent]!.toString().slice(3, 35));
    expect(traces).toEqual([traceId, labelTrace]);
    const [join] = finishedSpans(traceId);
    expect(join!.name).toBe(`join ${harness.topic('outcomes')}`);
    expect(join!.links.map(({ context }) => context.traceId)).toEqual([labelTrace]);
    expect(outcomes[0]!.record.headers[HEADER.traceparent]!.toString()).toContain(join!.spanContext().spanId);
  });
});
