import type { TrainingProgress } from '#domain/learn';
import { progressText, TrainingNews } from './training-progress.js';

const AT: TrainingProgress = {
  phase: 'searching',
  ...{ trial: 2, trials: 20, fold: 0, folds: 5, round: null, rounds: null },
};

describe('where a training is', () => {
  it.each<[Partial<TrainingProgress>, string]>([
    [{}, 'searches hyperparameters, trial 3 of 20, fold 1 of 5'],
    [{ phase: 'fitting', trial: null, fold: null, round: 9, rounds: null }, 'fits the model, round 10'],
    [{ phase: 'exporting', trial: null, fold: null }, 'writes the model'],
  ])('is told in words: %j', (parts, expected) => {
    expect(progressText({ ...AT, ...parts })).toBe(expected);
  });

  it('is told once a second at most, and only where it changed', () => {
    const notes: string[] = [];
    let now = 0;
    const reporter = { interactive: false, note: (text: string) => void notes.push(text) };
    const news = new TrainingNews(reporter as never, () => now);
    for (const [ms, fold] of [
      [0, 0],
      [500, 1],
      [1_000, 2],
      [5_000, 2],
    ] as const) {
      now = ms;
      news.update({ ...AT, fold });
    }
    news.end();
    expect(notes.map((note) => note.at(-6))).toEqual(['1', '3']);
  });
});
