import type { GatesDefinition, PipelineDefinition } from '#contracts';
import { mayServe, runGates, type GatePorts, type Scorer } from './index.js';

const definition: Pick<PipelineDefinition, 'features' | 'expectations' | 'event' | 'model'> = {
  features: [{ name: 'price', type: 'number', kind: 'field', field: 'price' }],
  expectations: [],
  event: {
    id: 'id',
    key: 'id',
    time: 'at',
    schema: { type: 'record', name: 'Event', fields: [{ name: 'price', type: ['null', 'double'] }] },
  },
  model: { task: 'binary-classification', threshold: 0.5 },
};
const gates: GatesDefinition = {
  metric: 'roc_auc',
  minGain: 0,
  confidence: 0.95,
  tolerance: 0.05,
  slices: null,
  fairness: null,
  maxLatencyMs: 5,
  maxSizeBytes: 1_000,
  maxFlipRate: 0.1,
  backtestRows: 0,
  replayTolerance: 1e-6,
};
const holdout = {
  slices: [],
  rows: Array.from({ length: 5_000 }, (_, row) => ({
    features: [(row % 100) / 100],
    label: (row * 7) % 100 < row % 100 ? 1 : 0,
    slices: [],
  })),
};
const sigmoid =
  (steepness: number): Scorer =>
  async (rows) => ({
    scores: rows.map(([price]) => 1 / (1 + Math.exp(-steepness * (Number(price) - 0.5)))),
    classScores: null,
    problems: new Map(),
  });
const ports = (changes: Partial<GatePorts> = {}): GatePorts => ({
  candidate: { score: sigmoid(5), sizeBytes: 900 },
  champion: { version: '4', score: sigmoid(1) },
  measureLatency: async (rows) => ({ p50Ms: 0.1, p99Ms: 0.2, rows: rows.length }),
  backtest: null,
  ...changes,
});

describe('runGates', () => {
  it('puts a candidate through every gate, in order, and says which is next', async () => {
    const told: string[] = [];
    const results = await runGates(definition, gates, holdout, ports(), { onProgress: (done, of, gate) => told.push(`${done}/${of} ${gate}`) }); // prettier-ignore
    expect(results.map(({ gate, verdict }) => [gate, verdict])).toEqual([
      ['holdout', 'passed'],
      ['slices', 'not_applicable'],
      ['fairness', 'not_applicable'],
      ['latency', 'passed'],
      ['size', 'passed'],
      ['stress', 'passed'],
      ['backtest', 'not_applicable'],
    ]);
    expect(told).toEqual(results.map(({ gate }, at) => `${at}/7 ${gate}`));
    expect(mayServe(results)).toBe(true);
    expect(JSON.parse(JSON.stringify(results))).toEqual(results);
  });

  it('goes on after a gate that failed: all that is wrong is told', async () => {
    const wrong = { candidate: { score: sigmoid(-5), sizeBytes: 2_000 } };
    const results = await runGates(definition, gates, holdout, ports(wrong));
    expect(results.filter(({ verdict }) => verdict === 'failed').map(({ gate }) => gate)).toEqual(['holdout', 'size']);
    expect(mayServe(results)).toBe(false);
  });

  it('is given up between gates when it is told to', async () => {
    const cancel = new AbortController();
    const onProgress = (_: number, __: number, gate: string): void => {
      if (gate === 'latency') cancel.abort(new Error('no more'));
    };
    await expect(runGates(definition, gates, holdout, ports(), { signal: cancel.signal, onProgress })).rejects.toThrow(
      'no more',
    );
  });
});
