import { formatWindows, windowsOf, type FigureRow } from './model-figures.js';

function row(day: number, kind: FigureRow['kind'], metric: FigureRow['metric'], value: number | null): FigureRow {
  const coverage = kind === 'performance' ? 0.995 : null;
  return { window_end_ms: String(Date.UTC(1997, 4, day)), kind, metric, value, coverage, rows: '1344' };
}

describe('the figures of the model', () => {
  it('are the realised ones beside the estimates, of windows that have labels', () => {
    const windows = windowsOf([
      row(15, 'estimate', 'accuracy', 0.7),
      row(8, 'performance', 'accuracy', 0.6123),
      row(8, 'performance', 'roc_auc', null),
      row(8, 'estimate', 'accuracy', 0.72),
      row(8, 'estimate', 'roc_auc', 0.8),
    ]);
    expect(formatWindows(windows)).toEqual([
      'window to   labels  labelled  accuracy  estimated  ROC AUC  estimated',
      '1997-05-08   1,344    99.5 %     0.612      0.720        –      0.800',
    ]);
  });

  it('are the estimates alone before labels are there, and nothing before the first window', () => {
    const lines = formatWindows(windowsOf([row(15, 'estimate', 'accuracy', 0.7)]));
    expect(lines[1]).toBe('1997-05-15   1,344         –         –      0.700        –          –');
    expect(formatWindows(windowsOf([]))).toEqual([]);
  });

  it('are those of the last three windows, the newest last', () => {
    const windows = windowsOf([1, 8, 15, 22].map((day) => row(day, 'performance', 'accuracy', 0.5)));
    expect(windows.map(({ windowEnd }) => new Date(windowEnd).getUTCDate())).toEqual([8, 15, 22]);
  });
});
