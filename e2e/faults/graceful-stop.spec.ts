import { eventually, faultOptions, faultRounds, recordFault } from '#platform/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dueAccount, settledAccount } from '../support/accounting.js';
import { EventFlow } from '../support/event-flow.js';
import { logFlags, readHits } from '../support/fault-points.js';
import { ServiceProcesses } from '../support/service-processes.js';
import { TestPipeline } from '../support/test-pipeline.js';

const SERVICES = ['validation', 'inference', 'monitoring'] as const;
type Service = (typeof SERVICES)[number];
const ROUNDS = faultRounds({ small: 2, full: 6 });
/** The last step of each stage's batch, and the one that says that a batch was handed over. */
const ENDS = { validation: 'committed', inference: 'committed', monitoring: 'range_committed' } as const;
const BEGINS = { validation: 'handled', inference: 'handled', monitoring: 'written' } as const;

const { seed } = faultOptions();

let pipeline: TestPipeline;
let services: ServiceProcesses;
let folder: string;
let flow: EventFlow | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eddyline-graceful-'));
  pipeline = await TestPipeline.create('graceful');
  services = new ServiceProcesses(pipeline.name);
});

afterEach(async () => {
  await flow?.end(); // a test that failed has not
});

afterAll(async () => {
  await services?.stop();
  await pipeline?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

/** Steps of one life, as it announced them. */
async function aLife(service: Service, round: number): Promise<readonly { step: string; where: string }[]> {
  const report = join(folder, `${service}-${round}`);
  services.launch(service, logFlags(report));
  await eventually(() => readHits(report).filter(({ step }) => step === ENDS[service]).length > 3);
  const { code, signal, said } = await services.stopOne(service);
  expect({ service, code, signal, said: code === 0 ? [] : said }).toEqual({ service, code: 0, signal: null, said: [] });
  return readHits(report);
}

async function stopAndGo(service: Service): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const steps = await aLife(service, round);
    // Whatever was handed over was finished: the last batch of each partition ended with its commit, so that the next
    // owner is handed nothing for a second time.
    for (const where of new Set(steps.map((step) => step.where))) {
      const own = steps.filter((step) => step.where === where).map(({ step }) => step);
      const begun = own.lastIndexOf(BEGINS[service]);
      if (begun >= 0)
        expect([service, where, own.slice(begun)]).toEqual([service, where, expect.arrayContaining([ENDS[service]])]);
    }
    // And nothing was begun that is only written down.
    const pending = (await pipeline.positions(service)).filter((position) => position.pending);
    expect([service, pending]).toEqual([service, []]);
  }
  services.launch(service);
}

it('SIGTERM lets a service finish its batch: exit code 0, and nothing is handed over a second time', async () => {
  const started = performance.now();
  flow = new EventFlow(pipeline, { seed, perSecond: 500, most: 1_000_000 });
  await Promise.all(SERVICES.map((service) => stopAndGo(service)));
  const oracle = await flow.end();
  const found = await settledAccount(pipeline, oracle);
  recordFault({
    fault: 'SIGTERM in the middle of work',
    title: 'graceful-stop',
    runs: ROUNDS * SERVICES.length,
    published: oracle.published,
    lost: found.lost,
    duplicated: found.duplicated,
    seed,
    seconds: (performance.now() - started) / 1_000,
  });
  expect(found).toEqual(dueAccount(oracle));
});
