import type { AlertRecord, PipelineDefinition } from '#contracts';
import { Retriable } from '#platform/outcomes';
import { eventually } from '#platform/testing';
import type { AlertDelivery, RecordLog } from '../src/ports.js';
import { MonitoringHarness, sharedTelemetry, WATCHED } from './monitoring-harness.js';

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);

describe('what monitoring writes of a pipeline whose labels come back', () => {
  const harnesses: MonitoringHarness[] = [];

  beforeAll(() => sharedTelemetry());
  afterEach(async () => {
    await Promise.all(harnesses.splice(0).map((harness) => harness.close()));
  });

  async function given(): Promise<MonitoringHarness> {
    const harness = await MonitoringHarness.create({ changes: WATCHED });
    harnesses.push(harness);
    return harness;
  }

  const count = async (harness: MonitoringHarness, what: string) =>
    (await harness.select(`SELECT toUInt32(count()) AS rows FROM ${harness.database}.${what}`))[0]!['rows'];

  it('knows where each prediction lies', async () => {
    const harness = await given();
    await (
      await harness.start()
    ).ready;
    await harness.publishPredictions(range(0, 6));
    await eventually(async () => {
      const columns = 'event_id, log_partition, toInt32(log_offset) AS log_offset';
      const rows = await harness.select(
        `SELECT ${columns}, published_at > predicted_at - INTERVAL 1 MINUTE AS is_recent FROM ${harness.database}.predictions ORDER BY event_id`,
      );
      expect(rows).toEqual(
        range(0, 6).map((number) => ({
          event_id: `e-${number}`,
          log_partition: number % 2,
          log_offset: Math.floor(number / 2),
          is_recent: 1,
        })),
      );
    });
  });

  it('keeps every label, and shows one per event, though it dies after each insert', async () => {
    const harness = await given();
    const deaths = { left: 4 };
    const dying = await harness.start({ wrap: (log) => new DiesAfterOutcomes(log, deaths) });
    await dying.ready;
    await harness.publishOutcomes(range(0, 200).map((number) => ({ number, label: 1, revision: 2 })));
    await harness.publishOutcomes(range(0, 20).map((number) => ({ number, label: 0, revision: number < 10 ? 3 : 1 })));
    await eventually(async () => {
      expect(await count(harness, 'outcome_revisions')).toBe(220);
      expect(await count(harness, 'outcomes')).toBe(200);
    });
    await eventually(() => deaths.left === 0);
    await dying.close();
    const next = await harness.start();
    await next.ready;
    await harness.publishOutcomes([{ number: 300, label: 0.5, revision: 1 }]);
    await eventually(async () => expect(await count(harness, 'outcomes')).toBe(201));
    expect(await count(harness, 'outcome_revisions')).toBe(221);
    expect(
      await harness.select(
        `SELECT toUInt32(sum(label = 0)) AS corrected, toUInt32(max(outcome_offset)) AS last, any(feature_price) AS price FROM ${harness.database}.outcomes`,
      ),
    ).toEqual([{ corrected: 10, last: 220, price: 0.25 }]);
    expect(harness.fatal).toEqual([]);
  });

  it('writes alerts down once before it delivers them, and delivers again what was not delivered', async () => {
    const harness = await given();
    const delivery = new FailsOnce(harness);
    const service = await harness.start({ delivery });
    await service.ready;
    await harness.publishAlerts([anAlert(harness.definition, 'a'), anAlert(harness.definition, 'b')], '{"rows":600}');
    await eventually(() => expect(delivery.delivered).toEqual(['a', 'b']));
    expect(delivery.rowsSeen).toEqual([2, 2]);
    expect(
      await harness.select(
        `SELECT id, toUInt32(rows) AS rows, toUInt32(alert_offset) AS offset FROM ${harness.database}.alerts ORDER BY id`,
      ),
    ).toEqual([
      { id: 'a', rows: 600, offset: 0 },
      { id: 'b', rows: 600, offset: 1 },
    ]);
  });

  it('writes an alert down whose evidence nobody can read', async () => {
    const harness = await given();
    await (
      await harness.start()
    ).ready;
    await harness.publishAlerts([anAlert(harness.definition, 'forged')], '[');
    await eventually(async () => expect(await count(harness, 'alerts')).toBe(1));
    expect(harness.fatal).toEqual([]);
  });
});

/** Behaves as a process that dies between the insert and the commit of its offsets, and comes back. */
class DiesAfterOutcomes implements RecordLog {
  readonly appendPredictions: RecordLog['appendPredictions'];
  readonly appendShadows: RecordLog['appendShadows'];
  readonly appendQuarantined: RecordLog['appendQuarantined'];
  readonly appendAlerts: RecordLog['appendAlerts'];
  readonly appendExplanations: RecordLog['appendExplanations'];

  constructor(
    private readonly log: RecordLog,
    private readonly deaths: { left: number },
  ) {
    this.appendPredictions = (...write) => log.appendPredictions(...write);
    this.appendShadows = (...write) => log.appendShadows(...write);
    this.appendQuarantined = (...write) => log.appendQuarantined(...write);
    this.appendAlerts = (...write) => log.appendAlerts(...write);
    this.appendExplanations = (...write) => log.appendExplanations(...write);
  }

  async appendOutcomes(...write: Parameters<RecordLog['appendOutcomes']>): Promise<void> {
    await this.log.appendOutcomes(...write);
    if (this.deaths.left === 0) return;
    this.deaths.left--;
    throw new Retriable('clickhouse_unreachable', 'died after the insert');
  }
}

class FailsOnce implements AlertDelivery {
  readonly delivered: string[] = [];
  /** Rows in the log at each attempt. */
  readonly rowsSeen: unknown[] = [];

  constructor(private readonly harness: MonitoringHarness) {}

  async deliver(_: PipelineDefinition, alerts: readonly AlertRecord[]): Promise<void> {
    const [row] = await this.harness.select(`SELECT toUInt32(count()) AS rows FROM ${this.harness.database}.alerts`);
    this.rowsSeen.push(row!['rows']);
    if (this.rowsSeen.length === 1) throw new Retriable('clickhouse_unreachable', 'died before the delivery');
    this.delivered.push(...alerts.map(({ id }) => id));
  }
}

function anAlert(definition: PipelineDefinition, id: string): Omit<AlertRecord, 'evidence'> {
  const end = Date.UTC(1996, 4, 7);
  return {
    id,
    pipeline: definition.name,
    monitor: 'drift',
    kind: 'drift',
    metric: 'psi',
    subject: 'price',
    slice: '',
    state: 'firing',
    severity: 'warning',
    summary: 'PSI of price is 0.3, above 0.2',
    value: 0.3,
    threshold: 0.2,
    window_start: end - 1_800_000,
    window_end: end,
    fired_at: end,
    noticed_at: Date.now(),
    model_version: '1',
    pipeline_revision: 1,
    query: 'SELECT 1',
  };
}
