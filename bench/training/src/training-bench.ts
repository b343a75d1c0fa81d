import { rocAuc } from '#domain/learn';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { pythonEnvironment, TRAIN_REFERENCE } from './python-environment.js';
import { syntheticData, type SyntheticData } from './synthetic-data.js';
import { writePart, type TrainingAnswer, type TrainingTask } from './training-task.js';

export const TRAINING_HELP = `npm run bench -- training [--rounds 4] [--json]

Boosted trees and logistic regression on synthetic rows by Eddyline's trainers and by LightGBM and scikit-learn on one thread, in
turn, each in a process of its own. Python is needed; a virtual environment is made in .eddyline on first use.
`;

interface Case {
  readonly name: string;
  readonly model: TrainingTask['model'];
  readonly rows: number;
  readonly columns: number;
  readonly bins: number | null;
}

const CASES: readonly Case[] = [
  { name: 'trees, 100,000 × 20, bins by default', model: 'trees', rows: 100_000, columns: 20, bins: null },
  { name: 'trees, 100,000 × 20, 255 bins', model: 'trees', rows: 100_000, columns: 20, bins: 255 },
  { name: 'trees, 67,000 × 15, 4096 bins', model: 'trees', rows: 67_000, columns: 15, bins: 4096 },
  { name: 'logistic regression, 100,000 × 20', model: 'linear', rows: 100_000, columns: 20, bins: null },
];
const TEST_ROWS = 20_000;
const GROWTH = { trees: 100, leaves: 31, learningRate: 0.1, minRowsPerLeaf: 20, lambda: 1 } as const;

/** Beyond, what is measured is not the same work. */
const WORSE_AT_MOST = 0.002;

type Trainer = 'eddyline' | 'reference';
const REFERENCES = { trees: 'LightGBM', linear: 'scikit-learn' } as const;

interface TrainerFigures {
  /** Medians over the rounds. */
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly rocAuc: number;
}

interface CaseFigures {
  readonly case: string;
  readonly reference: string;
  readonly trainers: Readonly<Partial<Record<Trainer, TrainerFigures>>>;
  /** Eddyline's over the reference's. */
  readonly ratio: { readonly cpu: number; readonly wall: number } | null;
}

/** What training costs beside LightGBM and scikit-learn, and whether it learns as much. */
export async function benchTraining(args: string[]): Promise<void> {
  const { values: options } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '4' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (options.help) return void process.stdout.write(TRAINING_HELP);
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const environment = pythonEnvironment(say);
  if (!environment.ok) say(`${environment.message}\nEddyline's trainer is measured alone.`);
  const python = environment.ok ? environment.python : null;
  const figures: CaseFigures[] = [];
  for (const one of CASES) figures.push(await measureCase(one, Number(options.rounds), python, say));
  process.stdout.write(options.json ? `${JSON.stringify(figures)}\n` : table(figures));
  for (const { case: name, reference, trainers } of figures) {
    if (!(trainers.eddyline!.rocAuc < (trainers.reference?.rocAuc ?? 0) - WORSE_AT_MOST)) continue;
    say(`${name}: ROC AUC is more than ${WORSE_AT_MOST} below that of ${reference}`);
    process.exitCode = 1;
  }
}

async function measureCase(
  { name, model, rows, columns, bins }: Case,
  rounds: number,
  python: string | null,
  say: (line: string) => void,
): Promise<CaseFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'eddyline-bench-training-'));
  try {
    const all = syntheticData(rows + TEST_ROWS, columns, 1);
    const part = (from: number, to?: number): SyntheticData => ({
      columns: all.columns.map((values) => values.slice(from, to)),
      labels: all.labels.slice(from, to),
    });
    const test = part(rows);
    writePart(folder, 'training', part(0, rows));
    writePart(folder, 'test', test);
    const task: TrainingTask = { folder, model, rows, testRows: TEST_ROWS, columns, bins, ...GROWTH };
    const answers = new Map<Trainer, TrainingAnswer[]>();
    for (let round = 1; round <= rounds; round++) {
      const both: readonly Trainer[] = python === null ? ['eddyline'] : ['eddyline', 'reference'];
      // There and back again, so that a machine that warms up or is taken by others wrongs neither.
      for (const trainer of round % 2 === 1 ? both : both.toReversed()) {
        const answer = await train(trainer, task, python);
        answers.set(trainer, [...(answers.get(trainer) ?? []), answer]);
        say(
          `${name}, round ${round}, ${trainer === 'reference' ? REFERENCES[model] : trainer}: ${answer.cpuSeconds.toFixed(2)} s CPU, ${answer.wallSeconds.toFixed(2)} s`,
        );
      }
    }
    const trainers = Object.fromEntries([...answers].map(([trainer, of]) => [trainer, figuresOf(of, test.labels)]));
    return { case: name, reference: REFERENCES[model], trainers, ratio: ratioOf(trainers) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function train(trainer: Trainer, task: TrainingTask, python: string | null): Promise<TrainingAnswer> {
  const [program, script] =
    trainer === 'reference'
      ? [python!, TRAIN_REFERENCE]
      : [process.execPath, fileURLToPath(new URL('./train-eddyline.js', import.meta.url))];
  const { stdout } = await promisify(execFile)(program, [script, JSON.stringify(task)], { maxBuffer: 64 * 2 ** 20 });
  return JSON.parse(stdout) as TrainingAnswer;
}

function figuresOf(answers: readonly TrainingAnswer[], labels: Float64Array): TrainerFigures {
  const aucs = answers.map(({ scores }) => rocAuc(scores, labels));
  if (aucs.some((auc) => auc !== aucs[0]))
    throw new Error(`trained on the same rows, ROC AUCs differ: ${aucs.join(', ')}`);
  return {
    cpuSeconds: median(answers.map(({ cpuSeconds }) => cpuSeconds)),
    wallSeconds: median(answers.map(({ wallSeconds }) => wallSeconds)),
    rocAuc: aucs[0]!,
  };
}

function ratioOf({ eddyline, reference }: CaseFigures['trainers']): CaseFigures['ratio'] {
  if (!eddyline || !reference) return null;
  return { cpu: eddyline.cpuSeconds / reference.cpuSeconds, wall: eddyline.wallSeconds / reference.wallSeconds };
}

function table(figures: readonly CaseFigures[]): string {
  const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  const lines = figures.flatMap(({ case: name, reference, trainers, ratio }) => [
    ...Object.entries(trainers).map(([trainer, { cpuSeconds, wallSeconds, rocAuc }]) =>
      row(
        name,
        trainer === 'reference' ? reference : trainer,
        cpuSeconds.toFixed(2),
        wallSeconds.toFixed(2),
        rocAuc.toFixed(4),
      ),
    ),
    ...(ratio ? [row(name, 'ratio', ratio.cpu.toFixed(2), ratio.wall.toFixed(2), '')] : []),
  ]);
  return (
    `\n${GROWTH.trees} trees of ${GROWTH.leaves} leaves, one thread, ROC AUC on ${TEST_ROWS} other rows\n\n` +
    row('model, rows × columns', 'trainer', 'CPU s', 'wall s', 'ROC AUC') +
    row('---', '---', '---:', '---:', '---:') +
    lines.join('')
  );
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
