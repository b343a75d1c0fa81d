import { compileExplanation, planSampling } from '#domain/explain';
import { trainTrees } from '#domain/learn';
import type { FeatureRow, TrainedModel } from '#domain/trained-model';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { pythonEnvironment } from '../../training/src/python-environment.js';
import { syntheticData } from '../../training/src/synthetic-data.js';
import { writePart } from '../../training/src/training-task.js';

export const EXPLAINING_HELP = `npm run bench -- explaining [--rounds 5] [--json]

What it costs to explain a prediction of 100 trees of 31 leaves over 20 features: exactly, beside LightGBM's pred_contrib on one
thread (Python is needed for that one), and how many rows sampling would ask the model for. CPU time.
`;

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url)); // of the repository, from dist/bench/explaining/src
const REFERENCE = join(ROOT, 'bench/explaining/contributions_reference.py');
const TASK = { rows: 20_000, columns: 20, trees: 100, leaves: 31, explained: 1_000 } as const;

/** CPU time to explain one row, ms: medians over the rounds. */
export async function benchExplaining(args: string[]): Promise<void> {
  const { values: options } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '5' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (options.help) return void process.stdout.write(EXPLAINING_HELP);
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const folder = await mkdtemp(join(tmpdir(), 'eddyline-bench-explaining-'));
  try {
    const data = syntheticData(TASK.rows, TASK.columns, 1);
    writePart(folder, 'training', data);
    const rows = Array.from({ length: TASK.explained }, (_, row): FeatureRow =>
      data.columns.map((column) => (Number.isNaN(column[row]!) ? null : column[row]!)),
    );
    const explain = compileExplanation(trainedOn(data));
    const environment = pythonEnvironment(say);
    if (!environment.ok) say(`${environment.message}\nEddyline is measured alone.`);
    const ours: number[] = [];
    const reference: number[] = [];
    for (let round = 0; round < Number(options.rounds); round++) {
      ours.push(cpuMsOf(() => rows.forEach((row) => explain(row, null))) / rows.length);
      if (environment.ok) reference.push(referenceMs(environment.python, folder));
    }
    const figures = {
      eddylineMs: median(ours),
      lightGbmMs: reference.length === 0 ? null : median(reference),
      sampledRows: planSampling(rows[0]!, rows.slice(1, 65), 'bench').rows.length,
    };
    process.stdout.write(options.json ? `${JSON.stringify(figures)}\n` : told(figures));
  } finally {
    await rm(folder, { recursive: true });
  }
}

function trainedOn(data: ReturnType<typeof syntheticData>): TrainedModel {
  const { trees, leaves } = TASK;
  const { ensemble } = trainTrees(data, { objective: 'binary', trees, leaves, learningRate: 0.1, minRowsPerLeaf: 20 });
  const inputs = data.columns.map((_, column) => ({ kind: 'number' as const, name: `feature_${column}` }));
  return { task: 'binary-classification', outputs: 1, inputs, model: ensemble, calibration: null };
}

function cpuMsOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e3;
}

function referenceMs(python: string, folder: string): number {
  const { status, stdout, stderr } = spawnSync(python, [REFERENCE, JSON.stringify({ folder, ...TASK })], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${REFERENCE} ended with ${status}: ${stderr}`);
  return ((JSON.parse(stdout) as { cpuSeconds: number }).cpuSeconds * 1e3) / TASK.explained;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function told({
  eddylineMs,
  lightGbmMs,
  sampledRows,
}: {
  eddylineMs: number;
  lightGbmMs: number | null;
  sampledRows: number;
}): string {
  const beside =
    lightGbmMs === null ? '' : `, LightGBM ${lightGbmMs.toFixed(3)} ms (ratio ${(eddylineMs / lightGbmMs).toFixed(2)})`;
  return (
    `a prediction of ${TASK.trees} trees of ${TASK.leaves} leaves, exactly: ${eddylineMs.toFixed(3)} ms CPU${beside}\n` +
    `by sampling: ${sampledRows} rows to be scored\n`
  );
}
