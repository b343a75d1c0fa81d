import { compilePredictionExpression, type CelFailure, type CelValue } from './index.js';

const PREDICTION = {
  score: 0.97,
  decision: 'positive',
  flags: ['price.outlier', 'challenger_failed'],
  model_version: '12',
  role: 'canary',
  features: { price: 1 },
};

function evaluate(expression: string): CelValue | CelFailure {
  const result = compilePredictionExpression(expression);
  if (!result.ok) throw new Error(result.error.message);
  return result.compiled.evaluate(PREDICTION);
}

describe('an expression over a prediction', () => {
  it.each<[string, CelValue]>([
    ['prediction.score > 0.9', true],
    ['prediction.score > 1', false],
    ['prediction.decision == "positive" && prediction.role == "canary"', true],
    ['prediction.flags.exists(flag, flag == "challenger_failed")', true],
    ['"price.outlier" in prediction.flags', true],
    ['size(prediction.flags) == 0', false],
    ['prediction.model_version == "12"', true],
  ])('%s', (expression, expected) => {
    expect(evaluate(expression)).toBe(expected);
  });

  it.each([
    ['prediction.scor > 1', 'the prediction has the fields score, decision, flags, model_version, role'],
    ['score > 0.9', 'write prediction.score'],
    ['event.price > 1.0', 'the only variable is `prediction`'],
  ])('%s says what there is', (expression, cure) => {
    const result = compilePredictionExpression(expression);
    expect(result.ok ? '' : result.error.message).toContain(cure);
  });
});
