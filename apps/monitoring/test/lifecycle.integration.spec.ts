import type { LifecycleEvent } from '#contracts';
import { LifecycleLog, planSharedTables } from '#platform/clickhouse';
import { LifecycleWriter } from '#platform/control';
import { eventually, stack, TcpGate, testClickHouseAsAnalyst } from '#platform/testing';
import { MonitoringHarness } from './monitoring-harness.js';

const AT = Date.UTC(2026, 2, 1);

describe('the log of decisions', () => {
  let harness: MonitoringHarness;
  beforeAll(async () => {
    harness = await MonitoringHarness.create();
  });
  afterAll(() => harness.close());

  const anEvent = (sequence: number, parts: Partial<LifecycleEvent> = {}): LifecycleEvent => ({
    pipeline: harness.definition.name,
    sequence,
    change: { kind: 'champion_set', version: String(sequence), reason: 'test' },
    at: AT + sequence,
    clock: null,
    run: null,
    rollout: null,
    version: String(sequence),
    champion: String(sequence),
    challenger: null,
    share: 0,
    by: 'test',
    summary: `version ${sequence} serves`,
    evidence: {},
    ...parts,
  });
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => anEvent(from + at));
  /** In one transaction. */
  const decide = async (events: readonly LifecycleEvent[]) => {
    const writer = await LifecycleWriter.open(harness.definition.name, harness);
    await writer.commit({ entries: [], events });
    await writer.close();
  };
  const sequences = async () =>
    (
      await harness.select(
        `SELECT toUInt32(sequence) AS sequence FROM eddyline.lifecycle WHERE pipeline = '${harness.definition.name}' ORDER BY sequence`,
      )
    ).map((row) => row['sequence']);
  const upTo = (last: number) => Array.from({ length: last }, (_, at) => at + 1);

  it('has a table that is as it should be once it was made', async () => {
    expect(await planSharedTables(harness.clickhouse)).toEqual({ changes: [], refusals: [], kept: [] });
  });

  it('holds each decision once, in full, whichever members write, and goes on where it stopped', async () => {
    const [first, second] = [await harness.start(), await harness.start()];
    await Promise.all([first.ready, second.ready]);
    const told = anEvent(1, {
      change: { kind: 'rolled_back', to: '3', reason: 'brier' },
      clock: AT - 5,
      run: 'run-2',
      rollout: 'rollout-4',
      champion: '3',
      challenger: null,
      share: 0.25,
      summary: "brier of 0.31 against 0.22 ☂ it's worse",
      evidence: { bounds: [0.1, 0.2], query: 'SELECT 1' },
    });
    await decide([told, ...range(2, 12)]);
    await eventually(async () => expect(await sequences()).toEqual(upTo(11)));
    await Promise.all([first.close(), second.close()]);
    await decide(range(12, 15));
    await (
      await harness.start()
    ).ready;
    await eventually(async () => expect(await sequences()).toEqual(upTo(14)));

    const analyst = testClickHouseAsAnalyst();
    const query = `SELECT * EXCEPT (log_partition, log_offset) FROM eddyline.lifecycle WHERE pipeline = '${told.pipeline}' AND sequence = 1`;
    const [row] = await (await analyst.query({ query, format: 'JSONEachRow' })).json<object>();
    await analyst.close();
    const { change, evidence, ...rest } = told;
    expect(row).toEqual({
      ...rest,
      sequence: expect.anything(),
      kind: 'rolled_back',
      change: JSON.stringify(change),
      evidence: JSON.stringify(evidence),
      at: '2026-03-01 00:00:00.001',
      clock: '2026-02-28 23:59:59.995',
    });
  });

  it('waits for ClickHouse, says so, and loses nothing', async () => {
    const gate = new TcpGate(stack().clickhouseUrl);
    const service = await harness.start({ clickhouseUrl: await gate.open() });
    await service.ready;
    await gate.shut();
    await decide(range(15, 18));
    const health = async () => (await fetch(`${service.url}/health/ready`)).text();
    await eventually(async () => expect(await health()).toMatch(/eddyline\.lifecycle: .*ClickHouse|clickhouse/i));
    await gate.open();
    await eventually(async () => expect(await sequences()).toEqual(upTo(17)));
    await eventually(async () => expect(await health()).not.toContain('eddyline.lifecycle: '));
    await service.close().finally(() => gate.shut());
  });

  it('stores an event once that is written again and again, at once and after another', async () => {
    const log = new LifecycleLog(harness.clickhouse);
    // A partition of this file's own: the store is shared with other files.
    const logged = { event: anEvent(18), partition: 1_001, offset: Date.now() };
    const written = await Promise.allSettled([log.append(logged), log.append(logged)]);
    expect(written.map(({ status }) => status)).toContain('fulfilled');
    await log.append(logged);
    expect(await sequences()).toEqual(upTo(18));
    expect((await log.places()).get(1_001)).toBe(logged.offset + 1);
  });
});
