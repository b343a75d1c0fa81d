import type { LifecycleEvent, ModelVersion } from '#contracts';
import { eventually } from '#platform/testing';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { aBadModel } from './support/bad-model.js';
import { LabelledFlow } from './support/labelled-flow.js';
import { withSections } from './support/pipeline-sections.js';
import { eddylineJson } from './support/run-eddyline.js';
import { ServiceProcesses } from './support/service-processes.js';
import { TestPipeline } from './support/test-pipeline.js';

/** Bounds that nothing can keep, so that an alert fires; one run in all, for it fires on. */
const LOOP = {
  model: '{ task: binary-classification, threshold: 0.5, trainer: gbdt, parameters: { trees: 20 } }',
  monitor: `
  every: 4h
  window: 4h
  grace: 1h
  minRows: 30
  fireAfter: 1
  performance: { metrics: [roc_auc], alert: { roc_auc: { below: 0.999 } } }`,
  retrain: '{ on: [performance], coolDown: 9000d, minRows: 100, maxRows: 2000, holdout: 25%, folds: 2 }',
  gates: '{ minGain: -1, tolerance: 1, maxLatencyMs: 10000, maxFlipRate: 100%, backtestRows: 200 }',
  rollout: `
  steps: [{ shadow: 4h }, { canary: 25%, hold: 2h }]
  guard: { log_loss: { worseBy: 1, minRows: 600 } }
  minLabelled: 20
  watch: 2h
  deadline: 3000d`,
};
const WAIT = { everyMs: 500 };

let pipeline: TestPipeline;
let services: ServiceProcesses;
let flow: LabelledFlow | undefined;

beforeAll(async () => {
  pipeline = await TestPipeline.create('loop', {
    yaml: (text) => withSections(text, LOOP),
  });
  services = new ServiceProcesses(pipeline.name, {
    EDDYLINE_LABEL_RETRY: '1s',
    EDDYLINE_LOOP_EVERY: '1s',
    EDDYLINE_MONITOR_IDLE_AFTER: '2s',
  });
  await services.start('validation', 'inference', 'monitoring', 'feedback', 'retraining');
});

afterAll(async () => {
  await flow?.end();
  await services?.stop();
  await pipeline?.close();
});

async function history(): Promise<readonly LifecycleEvent[]> {
  return eddylineJson(['models', 'history', pipeline.name]);
}

/** Waits for it in ClickHouse, and has the command line tell. */
async function happened(kind: string): Promise<LifecycleEvent> {
  await eventually(async () => {
    const told = await pipeline.rows<{ kind: string }>(
      `SELECT kind FROM eddyline.lifecycle WHERE pipeline = '${pipeline.name}' ORDER BY sequence`,
    );
    expect(told.map((event) => event.kind)).toContain(kind);
  }, WAIT);
  return (await history()).find(({ change }) => change.kind === kind)!;
}

it('an alert leads to a model that serves; one that a person lets in is rolled back; and the log tells why', async () => {
  flow = new LabelledFlow(pipeline);
  const asked = await happened('run_requested');
  expect(asked.change).toMatchObject({
    cause: { kind: 'performance', alertId: expect.stringContaining(pipeline.name) },
  });
  const promoted = await happened('promoted');
  expect(promoted).toMatchObject({ champion: '2', challenger: '1', by: 'retraining' });
  await happened('watch_ended');

  const file = join(pipeline.folder, 'bad.onnx');
  await writeFile(file, aBadModel(pipeline));
  await eddylineJson(['models', 'register', pipeline.name, file, '--rollout', '--reason', 'somebody was in a hurry']);
  const rolledBack = await happened('rolled_back');
  expect(rolledBack).toMatchObject({ champion: '2', challenger: null, version: '3', by: 'retraining' });
  // It never served everybody.
  expect((await history()).filter(({ champion }) => champion === '3')).toEqual([]);
  await flow.end();

  const versions = await eddylineJson<readonly ModelVersion[]>(['models', 'list', pipeline.name]);
  expect(versions.find(({ version }) => version === '2')).toMatchObject({
    card: { lineage: { parent: '1', cause: { kind: 'performance' } } },
  });
  expect(await servedAt(promoted.at - 1)).toBe('1');
  expect(await servedAt(promoted.at)).toBe('2');
  expect(await servedAt(rolledBack.at)).toBe('2');

  // The same, asked of ClickHouse.
  await eventually(async () => {
    const told = await pipeline.rows<{ kind: string; champion: string }>(
      `SELECT kind, champion FROM eddyline.lifecycle WHERE pipeline = '${pipeline.name}' AND kind != 'alerts_seen' ORDER BY sequence`,
    );
    expect(told.at(-1)).toEqual({ kind: 'rolled_back', champion: '2' });
  }, WAIT);
  // While a challenger was there, both scored every event, and one of them served it.
  const [pairs] = await pipeline.rows<{ events: number; served: number; shadows: number }>(
    `SELECT toUInt32(uniqExact(event_id)) AS events, toUInt32(countIf(is_served)) AS served, toUInt32(countIf(NOT is_served)) AS shadows
     FROM (
       SELECT event_id, true AS is_served FROM ${pipeline.database}.predictions
       WHERE event_id IN (SELECT event_id FROM ${pipeline.database}.shadow_predictions)
       UNION ALL SELECT event_id, false AS is_served FROM ${pipeline.database}.shadow_predictions
     )`,
  );
  expect(pairs!.events).toBeGreaterThan(100);
  expect(pairs).toMatchObject({ served: pairs!.events, shadows: pairs!.events });

  const url = await services.urlOf('retraining');
  const standing = await (await fetch(`${url}/v1/pipelines/${pipeline.name}/lifecycle`)).json();
  expect(standing).toMatchObject({ here: true, state: { promotions: 1, rollbacks: 1, run: null, rollout: null } });
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toMatch(
    new RegExp(`eddyline_lifecycle_events_total\\{[^}]*pipeline="${pipeline.name}",kind="rolled_back"[^}]*\\} 1`),
  );
});

async function servedAt(ms: number): Promise<string | undefined> {
  const { served } = await eddylineJson<{ served: { champion: string } | null }>([
    ...['models', 'served', pipeline.name, '--at', new Date(ms).toISOString()],
  ]);
  return served?.champion;
}
