import { eventually } from '#platform/testing';
import { RetrainingHarness } from './retraining-harness.js';

const WAIT = { timeoutMs: 60_000, everyMs: 100 };
let harness: RetrainingHarness | undefined;

afterEach(async () => {
  await harness?.close();
  harness = undefined;
});

/** Lets events happen, stretch after stretch, until the loop has come so far. */
async function happenUntil(kind: string, stretch: Parameters<RetrainingHarness['happen']>[0]): Promise<void> {
  await eventually(async () => {
    if ((await harness!.kinds()).includes(kind)) return;
    await harness!.happen(stretch);
    throw new Error(`${kind} has not happened; so far: ${(await harness!.kinds()).join(', ')}`);
  }, WAIT);
}

describe('the loop', () => {
  it('trains, gates and registers when labels ask for it; then shadow, canary, promotion and the end of the watch', async () => {
    harness = await RetrainingHarness.create({ retrain: { triggers: [{ on: 'labels', count: 500 }] } });
    await harness.happen({ events: 600 });
    await harness.start();
    await eventually(async () => expect((await harness!.folded()).serving.champion?.version).toBe('1'), WAIT);
    expect(await harness.kinds()).toEqual([
      'run_requested',
      'data_collected',
      'model_trained',
      'gates_judged',
      'version_registered',
      'champion_set',
    ]);

    await harness.happen({ events: 500 });
    await happenUntil('watch_ended', { events: 60, overMs: 4 * 60_000 });
    const events = await harness.events();
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, at) => at + 1));
    const second = events.slice(6).filter(({ change }) => change.kind !== 'guards_looked');
    expect(second.map(({ change, champion, challenger, share }) => [change.kind, champion, challenger, share])).toEqual(
      [
        ['run_requested', '1', null, 0],
        ['data_collected', '1', null, 0],
        ['model_trained', '1', null, 0],
        ['gates_judged', '1', null, 0],
        ['version_registered', '1', null, 0],
        ['rollout_started', '1', '2', 0],
        ['step_entered', '1', '2', 0.25],
        ['promoted', '2', '1', 0],
        ['watch_ended', '2', null, 0],
      ],
    );
    const { versions, ...recorded } = await harness.recorded();
    expect(recorded).toEqual(await harness.folded());
    const [first, next] = versions;
    expect(next).toMatchObject({
      version: '2',
      card: {
        trainer: 'linear',
        dataset: { rows: 1_100 },
        lineage: { parent: '1', run: 'run-7', cause: { kind: 'labels' } },
      },
    });
    expect(first!.reference!.rows).toBeGreaterThan(400);
    expect(next!.card!.gates.map(({ gate, verdict }) => `${gate} ${verdict}`)).toContain('holdout passed');
  });
});
