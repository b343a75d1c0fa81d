import { openArtifactStore } from '#platform/artifacts';
import { OnnxModel } from '#platform/onnx';
import type { AppliedPipeline } from '#contracts';
import { runBacktest } from '../backtest/run-backtest.js';
import type { Connections } from '../connections/connections.js';

/** What the loop was worth: what was served, and what the first model would have said of the same events. */
export interface LoopWorth {
  readonly labelled: number;
  /** Shares of right decisions on the same labelled events. */
  readonly served: number;
  readonly alone: number;
  /** Of `alone − served`, at 95 %. */
  readonly low: number;
  readonly high: number;
  readonly fromMs: number;
  readonly toMs: number;
}

const MOST_ROWS = 200_000;

/**
 * Replays what was logged through the version that served first.
 *
 * @param fromMs event time: rows that it was trained on say nothing
 * @param toMs event time, exclusive
 * @returns null where nothing of it was labelled
 */
export async function firstModelAlone(
  { definition }: AppliedPipeline,
  connections: Connections,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): Promise<LoopWorth | null> {
  const versions = (await connections.models()).versions(definition.name);
  const first = versions[0];
  if (first === undefined) return null;
  const store = openArtifactStore(connections.addresses.artifacts);
  const model = await OnnxModel.load(await store.get(first.artifactUri, first.sha256), first);
  try {
    const { comparisons, labelled } = await runBacktest(
      {
        definition,
        range: { fromMs, toMs, rows: MOST_ROWS },
        tolerance: definition.gates?.replayTolerance ?? 1e-6,
        candidate: { name: 'the first model, left alone', model, trainedUntilMs: null },
      },
      {
        clickhouseUrl: connections.addresses.clickhouseUrl,
        versions,
        store,
        signal: new AbortController().signal,
        onProgress: () => undefined,
      },
    );
    const accuracy = comparisons.find(({ metric }) => metric === 'accuracy');
    if (accuracy === undefined || accuracy.champion === null || accuracy.candidate === null) return null;
    const { champion: served, candidate: alone, low, high } = accuracy;
    return { labelled, served, alone, low: low ?? NaN, high: high ?? NaN, fromMs, toMs };
  } finally {
    await model.release();
  }
}
