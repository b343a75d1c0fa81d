import { inShare } from '#domain/routing';
import { faultOptions, faultRounds, recordFault, seededRandom, shuffled } from '#platform/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dueAccount, settledAccount } from '../support/accounting.js';
import { EventFlow } from '../support/event-flow.js';
import { faultPointFlags, readHits, STEPS_OF, type FaultStep } from '../support/fault-points.js';
import { inTime } from '../support/in-time.js';
import { ServiceProcesses } from '../support/service-processes.js';
import { TestPipeline } from '../support/test-pipeline.js';

const SERVICES = ['validation', 'inference', 'explanation', 'monitoring'] as const;
type Service = (typeof SERVICES)[number];

/** Of the events, whose predictions are explained: enough that each life of the service has some. */
const EXPLAINED = 0.1;
/** How often each service dies at each of its steps. */
const TIMES_EACH = faultRounds({ small: 1, full: 11 });
/** Latest arrival at which a process dies; later ones would leave it more than a second to live. */
const LATEST_ARRIVAL = 12;
const PARTITIONS = 4;
/** A partition is acquired once in a life. */
const LATEST_ACQUISITION = PARTITIONS;

const { seed } = faultOptions();

let pipeline: TestPipeline;
let services: ServiceProcesses;
let folder: string;
let flow: EventFlow | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eddyline-kill-points-'));
  pipeline = await TestPipeline.create('kill-points', {
    partitions: PARTITIONS,
    yaml: (text) => `${text.replace(/^explain:.*\n/m, '')}\nexplain: { sample: ${EXPLAINED} }\n`,
  });
  services = new ServiceProcesses(pipeline.name, { KAFKA_SESSION_TIMEOUT_MS: '2000' });
});

afterEach(async () => {
  await flow?.end(); // a test that failed has not
});

afterAll(async () => {
  await services?.stop();
  await pipeline?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

interface Death {
  readonly step: FaultStep;
  readonly arrival: number;
}

/** Every step of the service so many times, in an order and at arrivals that the seed draws. */
function deathsOf(service: Service): readonly Death[] {
  const random = seededRandom(seed + SERVICES.indexOf(service));
  return Array.from({ length: TIMES_EACH }, () => shuffled<FaultStep>(STEPS_OF[service], random))
    .flat()
    .map((step) => {
      const latest = step === 'fenced' || step === 'position_read' ? LATEST_ACQUISITION : LATEST_ARRIVAL;
      return { step, arrival: 1 + Math.floor(random() * latest) };
    });
}

/** One life after the other, each ending by itself at its point, then one without end. @throws when one ended otherwise or not at all */
async function dieAt(service: Service, deaths: readonly Death[]): Promise<void> {
  const report = join(folder, service);
  for (const [index, { step, arrival }] of deaths.entries()) {
    services.launch(service, faultPointFlags({ step, arrival, signal: 'SIGKILL', report }));
    const { code, signal, said } = await inTime(services.ended(service), () => `${service} has not died at ${step}`);
    const hits = readHits(report);
    // By its own hand and at the step, in the middle of a batch: steps come only with one.
    expect({ service, code, signal, hits: hits.length, said: signal === 'SIGKILL' ? [] : said }).toEqual({
      service,
      code: null,
      signal: 'SIGKILL',
      hits: index + 1,
      said: [],
    });
    expect(hits.at(-1)).toMatchObject({ step, arrival });
  }
  services.launch(service); // the others go on dying, and need its work
}

function isExplained(eventId: string): boolean {
  return inShare('explain/v1', pipeline.name, eventId, EXPLAINED);
}

/** Events of the explanations in the log, as often as they are explained. */
async function explained(): Promise<readonly string[]> {
  const rows = await pipeline.rows<{ event_id: string }>(`SELECT event_id FROM ${pipeline.database}.explanations`);
  return rows.map(({ event_id }) => event_id).toSorted();
}

it('a process that dies at any durable step, again and again, loses nothing and repeats nothing', async () => {
  const started = performance.now();
  flow = new EventFlow(pipeline, { seed, perSecond: 500, most: 1_000_000 });
  await Promise.all(SERVICES.map((service) => dieAt(service, deathsOf(service))));
  const oracle = await flow.end();
  const found = await settledAccount(pipeline, oracle);

  const hits = SERVICES.flatMap((service) => readHits(join(folder, service)));
  recordFault({
    fault: 'kill -9 at a durable step',
    title: 'kill-points',
    runs: hits.length,
    kills: hits.length,
    published: oracle.published,
    lost: found.lost,
    duplicated: found.duplicated,
    seed,
    seconds: (performance.now() - started) / 1_000,
    measured: { partitions: new Set(hits.map(({ where }) => where)).size },
  });
  expect(hits).toHaveLength(TIMES_EACH * SERVICES.reduce((sum, service) => sum + STEPS_OF[service].length, 0));
  expect(found).toEqual(dueAccount(oracle));
  expect(await explained()).toEqual([...oracle.ids].filter(isExplained).toSorted());
}, 1_200_000);
