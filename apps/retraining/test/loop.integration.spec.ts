import { eventually } from '#platform/testing';
import { RetrainingHarness } from './retraining-harness.js';

const WAIT = { timeoutMs: 60_000 };
let harness: RetrainingHarness | undefined;

afterEach(async () => {
  await harness?.close();
  harness = undefined;
});

describe('the loop', () => {
  it('trains the first model when a person asks for it, and lets it serve', async () => {
    harness = await RetrainingHarness.create();
    await harness.happen({ events: 600 });
    await harness.start();
    await harness.askForRun();
    await eventually(async () => expect((await harness!.folded()).serving.champion?.version).toBe('1'), WAIT);
    expect(await harness.kinds()).toEqual([
      'run_requested',
      'data_collected',
      'model_trained',
      'gates_judged',
      'version_registered',
      'champion_set',
    ]);
  });
});
