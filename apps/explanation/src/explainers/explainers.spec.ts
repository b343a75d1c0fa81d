import type { ModelVersion, Serving } from '#contracts';
import { Unexplainable, type ExplanationSources } from '#domain/explain';
import { Retriable } from '#platform/outcomes';
import { Explainers } from './explainers.js';

const aVersion = (version: string): ModelVersion => ({
  kind: 'version',
  pipeline: 'prices',
  version,
  task: 'regression',
  sha256: 'ab',
  artifactUri: 'file:///model',
  sizeBytes: 1,
  features: ['demand'],
  input: { kind: 'matrix', input: 'x', type: 'float32', columns: 1 },
  output: { output: 'y', width: 1, scoreColumn: 0 },
  registeredAt: '2026-01-01T00:00:00Z',
  registeredBy: 'test',
  description: '',
  metadata: {},
  reference: { artifactUri: 'file:///reference', sha256: 'cd', rows: 1, calibration: null },
});
const PREDICTION = { event_id: 'e-1', features: { demand: 4 }, score: 8, decision: '' };

/** Every version's model doubles the demand. What happens to models is told by `events`. */
class Bench {
  readonly events: string[] = [];
  versions = ['1', '2', '3'].map(aVersion);
  nowMs = 0;
  /** Thrown by the store; undefined: it is there. */
  failure: Error | undefined;
  scoring: Promise<void> = Promise.resolve();

  explainers(most = 2): Explainers {
    const sources: ExplanationSources = {
      explainer: () => Promise.reject(new Error('no version here came with one')),
      referenceRows: async () => [{ demand: 1 }],
      scorer: async ({ version }) => {
        if (this.failure !== undefined) throw this.failure;
        this.events.push(`open ${version}`);
        return {
          score: async (rows) => {
            await this.scoring;
            return { scores: rows.map(([demand]) => 2 * Number(demand)), classScores: null, problems: new Map() };
          },
          release: async () => void this.events.push(`release ${version}`),
        };
      },
    };
    const champion = { version: '1', since: '', changedBy: '', reason: '' };
    const serving: Serving = {
      kind: 'serving',
      pipeline: 'prices',
      sequence: 1,
      champion,
      challenger: null,
      previous: null,
    };
    return new Explainers({
      models: { versions: () => this.versions, serving: () => serving },
      sources,
      most,
      log: { info: () => undefined, warn: () => void this.events.push('warn') },
      nowMs: () => this.nowMs,
    });
  }
}

describe('what explains the versions', () => {
  it('is loaded once, and let go when others were needed since', async () => {
    const bench = new Bench();
    const explainers = bench.explainers(2);
    for (const version of ['1', '2', '1', '3', '1', '2']) {
      expect((await explainers.explain('prices', version, PREDICTION)).contributions).toEqual([{ feature: 'demand', contribution: 6 }]); // prettier-ignore
    }
    expect(bench.events).toEqual(['open 1', 'open 2', 'open 3', 'release 2', 'open 2', 'release 3']);
  });

  it('is let go only when it has explained what it was asked', async () => {
    const bench = new Bench();
    const explainers = bench.explainers(1);
    let scored = (): void => undefined;
    bench.scoring = new Promise((resolve) => (scored = resolve));
    const first = explainers.explain('prices', '1', PREDICTION);
    const second = explainers.explain('prices', '2', PREDICTION);
    explainers.onApplicationShutdown();
    await new Promise((resolve) => setImmediate(resolve));
    expect(bench.events.toSorted()).toEqual(['open 1', 'open 2']);
    scored();
    await Promise.all([first, second]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(bench.events.toSorted()).toEqual(['open 1', 'open 2', 'release 1', 'release 2']);
  });

  it('is asked for again while the store is away', async () => {
    const bench = new Bench();
    const explainers = bench.explainers();
    bench.failure = new Retriable('artifact_unreachable', 'the store is away');
    await expect(explainers.explain('prices', '1', PREDICTION)).rejects.toBe(bench.failure);
    expect(explainers.remarks()).toEqual([]);
    bench.failure = undefined;
    expect((await explainers.explain('prices', '1', PREDICTION)).output).toBe(8);
  });

  it('is given up where it is damaged, said of who serves, and tried again a minute later', async () => {
    const bench = new Bench();
    const explainers = bench.explainers();
    bench.failure = new Error('it is corrupted');
    await expect(explainers.explain('prices', '1', PREDICTION)).rejects.toThrow(Unexplainable);
    await expect(explainers.explain('prices', '2', PREDICTION)).rejects.toThrow('it is corrupted');
    expect(explainers.remarks()).toEqual(['prices: predictions of version 1 are not explained: it is corrupted']);
    bench.failure = undefined;
    bench.nowMs = 59_999;
    await expect(explainers.explain('prices', '1', PREDICTION)).rejects.toThrow(Unexplainable);
    bench.nowMs = 60_000;
    expect((await explainers.explain('prices', '1', PREDICTION)).output).toBe(8);
    expect(explainers.remarks()).toEqual([]);
  });

  it('is waited for where the registry does not have the version yet, but not for long', async () => {
    const bench = new Bench();
    const explainers = bench.explainers();
    await expect(explainers.explain('prices', '4', PREDICTION)).rejects.toThrow(Retriable);
    bench.versions = [...bench.versions, aVersion('4')];
    expect((await explainers.explain('prices', '4', PREDICTION)).output).toBe(8);
    await expect(explainers.explain('prices', '5', PREDICTION)).rejects.toThrow(Retriable);
    bench.nowMs = 3_000;
    await expect(explainers.explain('prices', '5', PREDICTION)).rejects.toThrow(Unexplainable);
  });

  it('is remarked for ten minutes after the last prediction that it could not explain', async () => {
    const bench = new Bench();
    const explainers = bench.explainers();
    const wrong = { ...PREDICTION, score: 9 };
    await expect(explainers.explain('prices', '1', wrong)).rejects.toThrow('they are not the same model');
    await explainers.explain('prices', '1', PREDICTION);
    await expect(explainers.explain('prices', '1', { ...wrong, score: 10 })).rejects.toThrow(Unexplainable);
    expect(explainers.remarks()).toHaveLength(1);
    expect(bench.events).toEqual(['open 1', 'warn']);
    bench.nowMs = 600_001;
    expect(explainers.remarks()).toEqual([]);
  });
});
