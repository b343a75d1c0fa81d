import {
  databaseOf,
  type LifecycleEvent,
  type LifecycleState,
  type ModelVersion,
  type PipelineFlag,
  type Serving,
} from '#contracts';
import { LifecycleLog } from '#platform/clickhouse';
import { testClickHouse, uniqueName } from '#platform/testing';
import { join } from 'node:path';
import { servedAt, servedAtQuery } from '../src/lifecycle/served-at.js';
import { eddylineHere as eddyline, eddylineHereJson as eddylineJson } from './eddyline-here.js';
import { fileWith, pipelineFolder, stackEnvironment, WATCHED } from './run-eddyline.js';

interface Changed {
  readonly serving: Serving;
  readonly rollout: LifecycleState['rollout'];
  readonly events: readonly LifecycleEvent[];
}

interface Trained {
  readonly version: ModelVersion;
  readonly serving: Serving;
}

const LOOP = `${WATCHED}retrain: { on: [performance], minRows: 100 }
rollout: { steps: [{ shadow: 1h }, approval, { ab: 50%, hold: 1h }], minLabelled: 10 }
explain: { top: 2 }
`;

/** Amounts above 50 are positive, but for some noise. */
const LABELLED = [
  'id,customer,at,amount,hour,label',
  ...Array.from({ length: 400 }, (_, row) => {
    const amount = (row * 37) % 100;
    const at = new Date(Date.UTC(2026, 0, 1, 0, row)).toISOString();
    return `p-${row},c-1,${at},${amount},${row % 24},${amount + (row % 7) > 53 ? 1 : 0}`;
  }),
].join('\n');

/** One pipeline lives through all of it, one command after the other. */
describe('the life of a model, by hand', () => {
  let pipeline: string;
  let data: string;
  const train = (...more: readonly string[]) => {
    const quick = ['--trainer', 'linear', '--folds', '2', '--register'];
    return eddylineJson<Trained>(['train', pipeline, '--from', data, '--label', 'label', ...quick, ...more]);
  };
  const rollout = (...args: readonly string[]) => eddylineJson<Changed>(['rollout', ...args]);
  const withoutClickHouse = () => {
    const { CLICKHOUSE_URL: _, ...env } = stackEnvironment();
    return env;
  };

  beforeAll(async () => {
    pipeline = uniqueName('life');
    const folder = await pipelineFolder(pipeline, { yaml: (text) => `${text}${LOOP}` });
    await eddylineJson(['apply', join(folder, 'pipeline.yaml')]);
    data = await fileWith('labelled.csv', LABELLED);
    // The clock of the pipeline: its log is that far.
    const clickhouse = testClickHouse();
    await clickhouse.insert({
      table: `${databaseOf(pipeline)}.predictions`,
      values: [{ event_id: 'one', event_time: '2026-01-02 00:00:00', predicted_at: '2026-01-02 00:00:00' }],
      format: 'JSONEachRow',
    });
    await clickhouse.close();
  });

  it('a first model is trained from a file, with its card, and serves at once', async () => {
    const { version, serving } = await train('--rows', '300', '--set', 'l2=2');
    expect(version).toMatchObject({
      version: '1',
      card: {
        trainer: 'linear',
        parameters: { l2: 2 },
        dataset: { rows: 300, source: 'labelled.csv', query: null },
        lineage: { parent: null, run: null, cause: null },
      },
      explainer: { sha256: expect.any(String) },
      reference: { rows: 240 },
    });
    expect(version.card!.metrics['holdout.roc_auc']).toBeGreaterThan(0.9);
    expect(serving).toMatchObject({ champion: { version: '1' }, challenger: null });
    const shown = await eddyline(['models', 'show', pipeline, '1']);
    expect(shown.stdout).toMatch(/champion since[^]*data {9}300 rows[^]*from labelled.csv[^]*holdout: .*roc_auc \d/);
  });

  it('a second one goes through the rollout of the file, step by step', async () => {
    const { serving } = await train();
    expect(serving).toMatchObject({
      champion: { version: '1' },
      challenger: { version: '2', mode: 'shadow', share: 0 },
    });
    const status = await eddyline(['rollout', 'status', pipeline]);
    expect(status.stdout).toContain('→ shadow for 1h  since 2026-01-02T00:00:00Z');
    expect((await rollout('pause', pipeline, '--reason', 'holiday')).rollout?.paused).toBe(true);
    const refused = await eddyline(['rollout', 'approve', pipeline]);
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('is in the phase shadow') });
    expect((await rollout('resume', pipeline)).rollout?.paused).toBe(false);
    const all = await eddyline(['status', pipeline]);
    expect(all.stdout).toMatch(
      /champion {7}version 1 [^]*challenger {5}version 2 in the shadow[^]*rollout {8}version 2: step 1 of 3/,
    );
  });

  it('is rolled back at once, with ClickHouse away and no service running', async () => {
    const run = await eddyline(['rollback', pipeline, '--reason', 'complaints', '--json'], {
      env: withoutClickHouse(),
    });
    const { events } = JSON.parse(run.stdout) as Changed;
    expect(events).toMatchObject([
      { change: { kind: 'rolled_back', to: '1' }, champion: '1', challenger: null, clock: null },
    ]);
    const started = await eddyline(['models', 'promote', pipeline, '2'], { env: withoutClickHouse() });
    expect(started).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('--at-once does without') });
  });

  it('a rollout is begun by hand and given up, and a version is set past it', async () => {
    const { rollout: begun } = await rollout('start', pipeline, '2', '--reason', 'once more');
    expect(begun).toMatchObject({ version: '2', against: '1', phase: 'shadow', reason: 'once more' });
    expect((await rollout('abort', pipeline)).rollout).toBeNull();
    await eddylineJson(['models', 'promote', pipeline, '2', '--at-once', '--reason', 'hotfix']);
    const back = await eddylineJson<{ champion: string }>(['rollback', pipeline, '--to', '1', '--reason', 'no']);
    expect(back.champion).toBe('1');
  });

  it('a run is asked for once, and cancelled', async () => {
    const { events } = await eddylineJson<Changed>(['retrain', pipeline, '--reason', 'new tariff']);
    expect(events).toMatchObject([
      { change: { kind: 'run_requested', cause: { kind: 'manual', detail: 'new tariff' } } },
    ]);
    const again = await eddyline(['retrain', pipeline, '--reason', 'again']);
    expect(again).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('eddyline retrain cancel') });
    const cancelled = await eddylineJson<Changed>(['retrain', 'cancel', pipeline, '--reason', 'bad labels']);
    expect(cancelled.events).toMatchObject([{ change: { kind: 'run_cancelled', reason: 'bad labels' } }]);
  });

  it('flags are switched, looked at and taken away', async () => {
    const set = ['flags', 'set', pipeline, 'threshold', 'on', '--value', '0.7', '--share', '10%', '--reason', 'fewer'];
    await eddylineJson(set);
    const { flags } = await eddylineJson<{ flags: PipelineFlag[] }>(['flags', 'list', pipeline]);
    expect(flags).toMatchObject([{ target: 'threshold', on: true, value: 0.7, share: 0.1, reason: 'fewer' }]);
    const unknown = await eddyline(['flags', 'set', pipeline, 'feature:amuont', 'off', '--reason', 'x']);
    expect(unknown).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('did you mean "feature:amount"?') });
    await eddylineJson(['flags', 'unset', pipeline, 'threshold', '--reason', 'enough']);
  });

  it('tells every decision, and what served when', async () => {
    const history = await eddylineJson<LifecycleEvent[]>(['models', 'history', pipeline]);
    expect(history.map(({ change }) => change.kind)).toEqual([
      'version_registered',
      'champion_set',
      'version_registered',
      'rollout_started',
      'paused',
      'resumed',
      'rolled_back',
      'rollout_started',
      'aborted',
      'champion_set',
      'rolled_back',
      'run_requested',
      'run_cancelled',
      'flag_switched',
      'flag_switched',
    ]);
    expect(history.map(({ sequence }) => sequence)).toEqual(history.map((_, index) => index + 1));
    const [, , , started] = history;
    const text = await eddyline(['models', 'history', pipeline, '--limit', '13']);
    expect(text.stdout).toContain(
      `#4  ${new Date(started!.at).toISOString()}  (data: 2026-01-02T00:00:00Z)  rollout started  version 2`,
    );
    const at = new Date(started!.at).toISOString();
    const served = await eddyline(['models', 'served', pipeline, '--at', at]);
    expect(served.stdout).toMatch(
      /champion {4}version 1\n {2}challenger {2}version 2, in the shadow[^]*FROM eddyline\.lifecycle WHERE/,
    );
  });

  it('ClickHouse answers the same to the query that is given for it', async () => {
    const clickhouse = testClickHouse();
    const log = new LifecycleLog(clickhouse);
    const history = await eddylineJson<LifecycleEvent[]>(['models', 'history', pipeline]);
    for (const event of history) {
      // Tables of test runs are shared, and so are places: these stand far from what is logged there.
      await log.append({ event, partition: 1_000, offset: event.at * 100 + event.sequence });
    }
    const ask = async (query: string) => {
      const result = await clickhouse.query({ query, format: 'JSONEachRow' });
      return result.json<{ champion: string; challenger: string | null; share: number; summary: string }>();
    };
    for (const { at, clock } of [history[1]!, history[3]!, history[6]!, history.at(-1)!]) {
      for (const [ms, by] of [
        [at, 'wall'],
        [clock ?? at, 'event'],
      ] as const) {
        const { champion, challenger, share, why } = servedAt(history, ms, by)!;
        expect(await ask(servedAtQuery(pipeline, ms, by))).toMatchObject([
          { champion, challenger, share, summary: why },
        ]);
      }
    }
    await clickhouse.close();
  });
});
