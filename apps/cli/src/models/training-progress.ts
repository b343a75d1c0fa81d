import type { TrainingProgress } from '#domain/learn';
import type { Reporter } from '../terminal/reporter.js';

const EVERY_MS = 1_000;

/** Where a training is: a line that is written over on a terminal, elsewhere one now and then. */
export class TrainingNews {
  private told = -Infinity;
  private text = '';

  constructor(
    private readonly reporter: Reporter,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  update(progress: TrainingProgress): void {
    const text = progressText(progress);
    if (text === this.text || this.nowMs() - this.told < EVERY_MS) return;
    this.text = text;
    this.told = this.nowMs();
    if (this.reporter.interactive) process.stderr.write(`\r\u001b[2K${text}`);
    else this.reporter.note(text);
  }

  end(): void {
    if (this.reporter.interactive && this.text !== '') process.stderr.write('\r\u001b[2K');
  }
}

const PHASES: Readonly<Record<TrainingProgress['phase'], string>> = {
  searching: 'searches hyperparameters',
  validating: 'cross-validates',
  fitting: 'fits the model',
  exporting: 'writes the model',
};

export function progressText({ phase, trial, trials, fold, folds, round, rounds }: TrainingProgress): string {
  const parts = [
    ['trial', trial, trials],
    ['fold', fold, folds],
    ['round', round, rounds],
  ] as const;
  const counts = parts.flatMap(([name, at, of]) =>
    at === null ? [] : [`${name} ${at + 1}${of === null ? '' : ` of ${of}`}`],
  );
  return [PHASES[phase], ...counts].join(', ');
}
