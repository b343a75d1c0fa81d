import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { HEADER, topicOf, type PipelineDefinition } from '#contracts';
import { Retriable } from '#platform/outcomes';
import { eventually, stack, TcpGate } from '#platform/testing';
import type { RecordLog } from '../src/ports.js';
import { MonitoringHarness, sharedTelemetry } from './monitoring-harness.js';

/** New versions are held against the one that serves. */
const ROLLS_OUT: Partial<PipelineDefinition> = {
  rollout: {
    steps: [],
    guards: [],
    falseRollbackRate: 0.05,
    falsePromotionRate: null,
    minLabelled: 0,
    watchMs: 0,
    deadlineMs: 86_400_000,
  },
};

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);

describe('the monitoring service', () => {
  const spans = new InMemorySpanExporter();
  const harnesses: MonitoringHarness[] = [];

  beforeAll(() => sharedTelemetry([new SimpleSpanProcessor({ exporter: spans })]));
  afterEach(async () => {
    await Promise.all(harnesses.splice(0).map((harness) => harness.close()));
  });

  async function given(options?: Parameters<typeof MonitoringHarness.create>[0]): Promise<MonitoringHarness> {
    const harness = await MonitoringHarness.create(options);
    harnesses.push(harness);
    return harness;
  }

  it('writes each prediction once, and goes on where it stopped', async () => {
    const harness = await given();
    const first = await harness.start();
    await first.ready;
    await harness.publishPredictions(range(0, 500));
    await eventually(async () => expect(await harness.counts()).toEqual({ rows: 500, events: 500 }));
    await first.close();
    await harness.publishPredictions(range(500, 600));
    const second = await harness.start();
    await second.ready;
    await eventually(async () => expect(await harness.counts()).toEqual({ rows: 600, events: 600 }));
    expect(harness.fatal).toEqual([]);
  });

  it('writes a batch once that was stored, but whose offsets were never committed', async () => {
    const harness = await given();
    const deaths = { left: 3 };
    const dying = await harness.start({ wrap: (log) => new DiesAfterWriting(log, deaths) });
    await dying.ready;
    await harness.publishPredictions(range(0, 300));
    await eventually(() => deaths.left === 0);
    await eventually(async () => expect(await harness.counts()).toEqual({ rows: 300, events: 300 }));
    await dying.close();
    // Everything that was published in the meantime comes in ranges of its own.
    await harness.publishPredictions(range(300, 400));
    const next = await harness.start();
    await next.ready;
    await eventually(async () => expect(await harness.counts()).toEqual({ rows: 400, events: 400 }));
    await eventually(async () =>
      expect((await harness.committed()).map(({ offset, pending }) => ({ offset, pending }))).toEqual([
        { offset: 200, pending: null },
        { offset: 200, pending: null },
      ]),
    );
    expect(harness.fatal).toEqual([]);
  });

  it('keeps what was said beside what served apart from it', async () => {
    const harness = await given({ changes: ROLLS_OUT });
    const deaths = { left: 1 };
    const dying = await harness.start({ wrap: (log) => new DiesAfterWriting(log, deaths) });
    await dying.ready;
    await harness.publishPredictions(range(0, 20), { stream: 'shadows', role: 'shadow', model_version: '2' });
    await eventually(() => deaths.left === 0);
    await harness.publishPredictions(range(0, 10));
    await eventually(async () => expect(await harness.counts('shadow_predictions')).toEqual({ rows: 20, events: 20 }));
    await eventually(async () => expect(await harness.counts()).toEqual({ rows: 10, events: 10 }));
    const said = await harness.select(
      `SELECT role, model_version, any(scoring_ms) AS ms, toUInt32(max(log_offset)) AS last FROM ${harness.database}.shadow_predictions GROUP BY ALL`,
    );
    expect(said).toEqual([{ role: 'shadow', model_version: '2', ms: 0.75, last: 9 }]);
  });

  it('waits for ClickHouse, says so, and loses nothing', async () => {
    const harness = await given();
    const gate = new TcpGate(stack().clickhouseUrl);
    const service = await harness.start({ clickhouseUrl: await gate.open() });
    await service.ready;
    await gate.shut();
    await harness.publishPredictions(range(0, 200));
    await eventually(async () => {
      const response = await fetch(`${service.url}/health/ready`);
      expect(response.status).toBe(503);
      expect(await response.text()).toContain('clickhouse_unreachable');
    });
    expect(await harness.counts()).toEqual({ rows: 0, events: 0 });
    await gate.open();
    await eventually(async () => expect(await harness.counts()).toEqual({ rows: 200, events: 200 }));
    await eventually(async () => expect((await fetch(`${service.url}/health/ready`)).status).toBe(200));
    await harness.close().finally(() => gate.shut());
    harnesses.pop();
    expect(harness.fatal).toEqual([]);
  });

  it('waits for tables that were not applied yet', async () => {
    const harness = await given({ tables: false });
    const service = await harness.start();
    await service.ready;
    await harness.publishPredictions([1]);
    await eventually(async () => {
      expect(await (await fetch(`${service.url}/health/ready`)).text()).toContain('eddyline apply');
    });
    await harness.applyTables();
    await eventually(async () => expect(await harness.counts()).toEqual({ rows: 1, events: 1 }));
  });

  it('keeps refused events byte for byte, with their id where it can be read', async () => {
    const harness = await given();
    await (
      await harness.start()
    ).ready;
    const bytes = Buffer.from([0xff, 0x00, 0x7b, 0x80]);
    const refusal = (offset: number, headers: Record<string, string | Buffer> = {}) => ({
      [HEADER.quarantineStage]: 'validation',
      [HEADER.quarantineReason]: 'range',
      [HEADER.quarantineMessage]: 'price is -1, below 0',
      [HEADER.quarantineAt]: '2026-11-21T08:00:00.123Z',
      [HEADER.quarantineTopic]: topicOf(harness.definition.name, 'events'),
      [HEADER.quarantinePartition]: '1',
      [HEADER.quarantineOffset]: String(offset),
      [HEADER.quarantineTimestamp]: '1763712000000',
      [HEADER.attempt]: '2',
      ...headers,
    });
    await harness.publishQuarantined(bytes, refusal(1, { trail: bytes }));
    await harness.publishQuarantined(
      harness.encodeEvent({ reading: 'r-7', region: 'NSW', at: 1, price: -1 }),
      refusal(2),
    );
    await harness.publishQuarantined(null, refusal(3, { [HEADER.ceId]: 'from-the-header' }));
    await harness.publishQuarantined(bytes, {}); // not written by any stage of ours
    const rows = await eventually(async () => {
      const found = await harness.select(
        `SELECT event_id, stage, reason, message, partition, toInt32(offset) AS offset, toString(kafka_timestamp) AS at, hex(key) AS key,
                isNull(value) AS none, hex(value) AS value, hex(headers['trail']) AS trail, length(headers) AS kept, attempt,
                toString(quarantined_at) AS quarantined_at, toInt32(quarantine_offset) AS position
         FROM ${harness.database}.quarantine ORDER BY quarantine_offset`,
      );
      expect(found).toHaveLength(4);
      return found;
    });
    expect(rows[0]).toEqual({
      event_id: '',
      stage: 'validation',
      reason: 'range',
      message: 'price is -1, below 0',
      partition: 1,
      offset: 1,
      at: '2025-11-21 08:00:00.000',
      key: 'FF',
      none: 0,
      value: 'FF007B80',
      trail: 'FF007B80',
      kept: 1,
      attempt: 2,
      quarantined_at: '2026-11-21 08:00:00.123',
      position: 0,
    });
    expect(rows[1]).toMatchObject({ event_id: 'r-7', offset: 2 });
    expect(rows[2]).toMatchObject({ event_id: 'from-the-header', none: 1 });
    expect(rows[3]).toMatchObject({
      event_id: '',
      stage: '',
      partition: -1,
      offset: -1,
      value: 'FF007B80',
      attempt: 1,
    });
  });

  it("ends a sampled event's trace with the insert of its row", async () => {
    const harness = await given();
    await (
      await harness.start()
    ).ready;
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    await harness.publishPredictions([1], { traceparent: `00-${traceId}-00f067aa0ba902b7-01` });
    await harness.publishPredictions([3], { traceparent: '00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-00f067aa0ba902b7-00' });
    await eventually(async () => expect(await harness.counts()).toMatchObject({ rows: 2 }));
    await eventually(() => {
      const inserts = spans.getFinishedSpans().filter(({ name }) => name === `INSERT ${harness.database}.predictions`);
      const own = inserts.filter((span) => span.spanContext().traceId === traceId);
      expect(own).toHaveLength(1);
      const stage = spans
        .getFinishedSpans()
        .find((span) => span.spanContext().spanId === own[0]!.parentSpanContext?.spanId);
      expect(stage?.name).toMatch(/^process .*\.predictions$/);
      expect(stage?.parentSpanContext?.spanId).toBe('00f067aa0ba902b7');
      expect(own[0]!.attributes).toMatchObject({ 'db.system.name': 'clickhouse', 'db.operation.name': 'INSERT' });
      expect(inserts.some((span) => span.spanContext().traceId.startsWith('aaaa'))).toBe(false);
    });
  });

  it('counts rows and times inserts for Prometheus', async () => {
    const harness = await given();
    const service = await harness.start();
    await service.ready;
    await harness.publishPredictions(range(0, 10));
    await eventually(async () => {
      const text = await (await fetch(`${service.url}/metrics`)).text();
      const labels = `pipeline="${harness.definition.name}",table="predictions"`;
      expect(text).toContain(`eddyline_log_rows_total{${labels}} 10`);
      expect(text).toMatch(
        new RegExp(`eddyline_log_insert_duration(_seconds)?_count\\{${labels},outcome="written"\\} `),
      );
      expect(text).toMatch(new RegExp(`eddyline_log_age(_seconds)?_count\\{${labels}\\} 10`));
    });
  });
});

/** Behaves as a process that dies between the insert and the commit of its offsets, and comes back. */
class DiesAfterWriting implements RecordLog {
  constructor(
    private readonly log: RecordLog,
    private readonly deaths: { left: number },
  ) {}

  async appendPredictions(...write: Parameters<RecordLog['appendPredictions']>): Promise<void> {
    await this.log.appendPredictions(...write);
    this.die();
  }

  async appendShadows(...write: Parameters<RecordLog['appendShadows']>): Promise<void> {
    await this.log.appendShadows(...write);
    this.die();
  }

  async appendQuarantined(...write: Parameters<RecordLog['appendQuarantined']>): Promise<void> {
    await this.log.appendQuarantined(...write);
    this.die();
  }

  async appendOutcomes(...write: Parameters<RecordLog['appendOutcomes']>): Promise<void> {
    await this.log.appendOutcomes(...write);
    this.die();
  }

  async appendAlerts(...write: Parameters<RecordLog['appendAlerts']>): Promise<void> {
    await this.log.appendAlerts(...write);
    this.die();
  }

  async appendExplanations(...write: Parameters<RecordLog['appendExplanations']>): Promise<void> {
    await this.log.appendExplanations(...write);
    this.die();
  }

  private die(): void {
    if (this.deaths.left === 0) return;
    this.deaths.left--;
    throw new Retriable('clickhouse_unreachable', 'died after the insert');
  }
}
