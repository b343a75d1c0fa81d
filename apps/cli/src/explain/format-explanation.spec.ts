import type { PredictionRecord } from '#contracts';
import { formatExplanation } from './format-explanation.js';

const prediction = {
  event_id: 'nsw-1\u001b[31m',
  model_version: '3',
  role: 'champion',
  score: 0.952574,
  decision: 'positive',
  features: { price: 0.75, region: 'vic', hour: null },
} as unknown as PredictionRecord;

describe('formatExplanation', () => {
  it('shows the features by what they contribute, less to the left and more to the right', () => {
    const lines = formatExplanation({
      prediction,
      explanation: {
        method: 'tree_shap',
        unit: 'log_odds',
        base: 0.2,
        output: 3,
        score: 0.952574,
        contributions: [
          { feature: 'price', contribution: -0.8 },
          { feature: 'region', contribution: 3.6 },
          { feature: 'hour', contribution: 0 },
        ],
      },
    });
    expect(lines).toEqual([
      'nsw-1·[31m: score 0.9526 (positive) by version 3, champion',
      'log odds 3, of which 0.2 where nothing is known; exactly, from the trees',
      '',
      'feature  value  contributes',
      'region     vic         +3.6                      │████████████████████',
      'price     0.75         -0.8                  ████│',
      'hour         –            0                      │',
    ]);
  });
});
