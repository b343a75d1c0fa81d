import { eventually, faultOptions, faultRounds, recordFault, seededRandom } from '#platform/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dueAccount, settledAccount } from '../support/accounting.js';
import { EventFlow } from '../support/event-flow.js';
import { faultPointFlags, readHits, STEPS_OF, type FaultHit, type FaultStep } from '../support/fault-points.js';
import { ServiceProcesses } from '../support/service-processes.js';
import { TestPipeline } from '../support/test-pipeline.js';

const SERVICES = ['validation', 'inference', 'monitoring'] as const;
type Service = (typeof SERVICES)[number];

/** The small run takes the steps at which a zombie's next move would be seen by others. */
const FROZEN_AT = faultRounds<Readonly<Record<Service, readonly FaultStep[]>>>({
  small: {
    validation: ['offset_added'],
    inference: ['appended'],
    monitoring: ['intent_committed', 'written'],
  },
  full: STEPS_OF,
});
const LATEST_ARRIVAL = 8;
/** Inserts: more than the group makes while a partition moves, fewer than it makes within seconds. */
const FORGETS_AFTER = 40;

const { seed } = faultOptions();

let pipeline: TestPipeline;
let frozen: ServiceProcesses;
let survivors: ServiceProcesses;
let folder: string;
let flow: EventFlow | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eddyline-zombie-'));
  pipeline = await TestPipeline.create('zombie', { partitions: 4 });
  const environment = { KAFKA_SESSION_TIMEOUT_MS: '2000' };
  frozen = new ServiceProcesses(pipeline.name, environment);
  survivors = new ServiceProcesses(pipeline.name, environment);
  await survivors.start(...SERVICES);
});

afterEach(async () => {
  await flow?.end(); // a test that failed has not
});

afterAll(async () => {
  for (const service of SERVICES) frozen?.thaw(service); // a frozen process does not end when asked
  await Promise.all([frozen?.stop(), survivors?.stop()]);
  await pipeline?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

/** Where the group stands on a partition, named as in a hit. */
async function positionAt(service: Service, where: string): Promise<number> {
  const positions = await pipeline.positions(service);
  return positions.find(({ topic, partition }) => where === `${topic}/${partition}`)!.position;
}

async function nextHit(report: string, before: number): Promise<FaultHit> {
  return eventually(() => {
    const hit = readHits(report)[before];
    if (hit === undefined) throw new Error(`${report}: no hit yet`);
    return hit;
  });
}

/** Freezes at each step in turn, until another member has worked on where this one stood; then lets it go on from there. */
async function freezeAt(service: Service, steps: readonly FaultStep[], woken: string[]): Promise<void> {
  const report = join(folder, service);
  const random = seededRandom(seed + SERVICES.indexOf(service));
  for (const [index, step] of steps.entries()) {
    const arrival = step === 'fenced' || step === 'position_read' ? 1 : 1 + Math.floor(random() * LATEST_ARRIVAL);
    frozen.launch(service, faultPointFlags({ step, arrival, signal: 'SIGSTOP', report }));
    const { where } = await nextHit(report, index);
    const before = await positionAt(service, where);
    // The member's session has lapsed and its partition is another's: work there goes on.
    await eventually(async () => expect(await positionAt(service, where)).toBeGreaterThan(before));
    frozen.thaw(service);
    woken.push(`${service} at ${step} of ${where}`);
    // It has found out, joined again and works.
    await frozen.untilReady(service);
    await frozen.stopOne(service);
  }
}

it('a member that stands still past its session, at any step, and wakes up there, does no harm', async () => {
  const started = performance.now();
  flow = new EventFlow(pipeline, { seed, perSecond: 500, most: 1_000_000 });
  const woken: string[] = [];
  await Promise.all(SERVICES.map((service) => freezeAt(service, FROZEN_AT[service], woken)));
  const oracle = await flow.end();
  const found = await settledAccount(pipeline, oracle);
  recordFault({
    fault: 'frozen past its session',
    title: 'zombie',
    runs: woken.length,
    published: oracle.published,
    lost: found.lost,
    duplicated: found.duplicated,
    seed,
    seconds: (performance.now() - started) / 1_000,
  });
  expect(woken).toHaveLength(SERVICES.reduce((sum, service) => sum + FROZEN_AT[service].length, 0));
  expect(found).toEqual(dueAccount(oracle));
});

/** How many inserts the table has seen: each is a block of its own. */
async function inserts(): Promise<number> {
  const [row] = await pipeline.rows<{ last: number }>(
    `SELECT toUInt32(max(max_block_number)) AS last FROM system.parts WHERE database = '${pipeline.database}' AND table = 'predictions'`,
  );
  return row!.last;
}

it('an insert that a zombie begins after ClickHouse has forgotten the range adds nothing', async () => {
  const started = performance.now();
  const report = join(folder, 'forgotten');
  for (const table of ['predictions', 'quarantine']) {
    await pipeline.clickhouse.command({
      query: `ALTER TABLE ${pipeline.database}.${table} MODIFY SETTING non_replicated_deduplication_window = ${FORGETS_AFTER}`,
    });
  }
  flow = new EventFlow(pipeline, { seed: seed + 1, perSecond: 500, most: 1_000_000, run: 'forgotten' });
  const point = {
    step: 'intent_committed',
    arrival: 2,
    signal: 'SIGSTOP',
    report,
    topicSuffix: '.predictions',
    alone: true, // a request that lies in this process would reach ClickHouse after it has forgotten its token
  } as const;
  frozen.launch('monitoring', faultPointFlags(point));
  const { where } = await nextHit(report, 0);
  const at = await positionAt('monitoring', where);
  await eventually(async () => expect(await positionAt('monitoring', where)).toBeGreaterThan(at));
  const insertsAtFirst = await inserts();
  await eventually(async () => expect(await inserts()).toBeGreaterThan(insertsAtFirst + FORGETS_AFTER));
  frozen.thaw('monitoring');
  await frozen.untilReady('monitoring');
  const oracle = await flow.end();
  await eventually(() => pipeline.isDrained());
  const rows = await pipeline.rows<{ event_id: string; rows: number }>(
    `SELECT event_id, toUInt32(count()) AS rows FROM ${pipeline.database}.predictions GROUP BY event_id`,
  );
  const own = rows.filter(({ event_id }) => oracle.ids.has(event_id));
  const duplicated = own.reduce((sum, row) => sum + row.rows - 1, 0);
  const lost = oracle.ids.size - own.length;
  recordFault({
    fault: 'frozen past its session',
    title: 'zombie beyond the window of deduplication',
    runs: 1,
    published: oracle.published,
    lost,
    duplicated,
    seed,
    seconds: (performance.now() - started) / 1_000,
  });
  expect({ lost, duplicated }).toEqual({ lost: 0, duplicated: 0 });
});
