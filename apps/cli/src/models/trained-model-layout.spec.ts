import type { Feature, ModelTask } from '#contracts';
import { trainingPlanOf, trainingRowsOf, trainModel } from '#domain/learn';
import { scoreRows, type FeatureRow } from '#domain/trained-model';
import { describeModel, OnnxModel, planModelLayout } from '#platform/onnx';

const feature = (name: string, type: Feature['type']): Feature => ({ kind: 'field', field: name, name, type });
const NUMBERS = [feature('amount', 'number'), feature('hour', 'number')];
const MIXED = [...NUMBERS, feature('label', 'string')];

/** Some of the values missing; ten levels of the string, and one that no training row has. */
const ROWS: readonly FeatureRow[] = Array.from({ length: 400 }, (_, i) => [
  i % 11 === 0 ? null : (i * 37) % 100,
  i % 24,
  i % 13 === 0 ? null : i === 399 ? 'unseen' : `s${i % 10}`,
]);

const LABELS: Readonly<Record<ModelTask, (row: FeatureRow) => number>> = {
  'binary-classification': ([amount, hour]) => Number(Number(amount) + Number(hour) > 60),
  'multiclass-classification': ([amount]) => Math.floor(Number(amount) / 40),
  regression: ([amount, hour]) => Number(amount) * 3 + Number(hour),
};

describe('a model that was trained here', () => {
  it.each(
    (Object.keys(LABELS) as ModelTask[]).flatMap((task) =>
      ([NUMBERS, MIXED] as const).map((features) => [task, features.length, features] as const),
    ),
  )('fits its pipeline, and is served as it was trained: %s of %d features', async (task, width, features) => {
    const rows = ROWS.map((row) => row.slice(0, width));
    const trained = trainModel(trainingRowsOf(features, rows.slice(0, 300), ROWS.slice(0, 300).map(LABELS[task])), {
      ...trainingPlanOf({ name: 'p', model: { task, threshold: 0.5 } }),
      ...{ parameters: { trees: 10 }, folds: 0, holdout: 0 },
    });
    if (!trained.ok) throw new Error(trained.kind);
    const layout = planModelLayout(await describeModel(trained.onnx), features, task);
    if (!layout.ok) throw new Error(layout.problems.join('\n'));
    expect(layout.input.kind).toBe(features === NUMBERS ? 'matrix' : 'columns');
    const model = await OnnxModel.load(trained.onnx, layout);
    const { scores, classScores, problems } = await model.score(rows).finally(() => model.release());
    expect(problems.size).toBe(0);
    const served = classScores ?? scores;
    const gaps = Array.from(scoreRows(trained.model, rows), (score, at) => Math.abs(score - served[at]!));
    // float32, of values up to 400.
    expect(Math.max(...gaps)).toBeLessThan(task === 'regression' ? 2e-5 : 1e-7);
  });
});
