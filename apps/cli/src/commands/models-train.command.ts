import type { PipelineDefinition } from '#contracts';
import { trainingPlanOf, trainingRowsOf, trainModel } from '#domain/learn';
import { describeModel, OnnxModel, planModelLayout } from '#platform/onnx';
import type { Command } from 'commander';
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { withConnections } from '../connections/connections.js';
import { readLabelledRows, type LabelledRow } from '../models/labelled-rows.js';
import { referenceOfRows, referencePathOf, type PreparedReference } from '../models/model-reference.js';
import { openEventSource } from '../publish/event-source.js';
import { CliFailure } from '../terminal/failure.js';
import { positiveInteger } from '../terminal/option-parsers.js';
import { formatBytes } from '../terminal/quantities.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';
import { formatCount } from '../terminal/table.js';

interface TrainOptions {
  readonly json?: boolean;
  readonly from: string;
  readonly label: string;
  readonly rows: number;
  readonly out: string;
}

export function registerModelsTrain(models: Command): void {
  const command = models
    .command('train')
    .description(
      'train a linear model (logistic regression, of numbers ridge regression) on labelled events and write it as ONNX, and beside it the rows with its scores; the same rows give the same files',
    )
    .argument('<pipeline>', 'a pipeline in force; its features are the inputs')
    .requiredOption('--from <file>', 'labelled events, CSV or NDJSON, gzipped or not')
    .requiredOption('--label <column>', 'column with the label')
    .requiredOption('--out <model.onnx>', 'file to write')
    .option('--rows <count>', 'train on the first so many rows', positiveInteger, 4_000);
  withExamples(withJson(command), [
    'eddyline models train electricity --from pipelines/electricity/electricity.csv.gz --label price_went_up --out model.onnx',
  ]).action((pipeline: string, options: TrainOptions) =>
    runAction(options, (reporter) =>
      withConnections(['kafkaBrokers', 'schemaRegistryUrl'], async (connections) => {
        const { definition } = await connections.pipeline(pipeline);
        const source = await openEventSource(options.from);
        const rows: LabelledRow[] = [];
        const selection = { labelColumn: options.label, labelled: true, most: options.rows };
        const { skipped, problems } = await readLabelledRows(source, definition, selection, (row) => {
          rows.push(row);
        }).finally(source.close);
        for (const problem of problems) reporter.warn(`left out ${options.from} ${problem}`);
        if (skipped > problems.length) reporter.warn(`left out ${skipped} rows in all`);
        const names = definition.features.map(({ name }) => name);
        const trained = trainModel(
          trainingRowsOf(
            definition.features,
            rows.map(({ features }) => features),
            rows.map(({ label }) => label!),
            { times: rows.map(({ timeMs }) => timeMs) },
          ),
          {
            ...trainingPlanOf(definition),
            ...{ trainer: 'linear', parameters: {}, search: null, holdout: 0, calibration: 'none' },
          },
        );
        if (!trained.ok) throw new CliFailure(trained.kind === 'refused' ? trained.message : 'the training was ended');
        const reference = await referenceOf(trained.onnx, rows, definition);
        const referencePath = referencePathOf(options.out);
        await mkdir(dirname(options.out), { recursive: true });
        await writeFile(options.out, trained.onnx);
        await writeFile(referencePath, reference.bytes);
        const { metrics, calibration } = trained;
        for (const remark of trained.remarks) reporter.warn(remark);
        reporter.line(
          `${options.out}: linear model on ${names.length} features (${formatBytes(trained.onnx.byteLength)})`,
        );
        reporter.line(`  on those ${formatCount(rows.length)} rows: ${textOf(metrics, 'train')}`);
        if (trained.trials.length > 0) {
          reporter.line(`  on later rows than it was trained on, by cross-validation: ${textOf(metrics, 'folds')}`);
        }
        if (!calibration && definition.model.task !== 'regression') {
          reporter.warn('too few rows to calibrate by: scores are taken as they are');
        }
        reporter.line(
          `${referencePath}: ${formatCount(reference.rows)} of those rows with their scores, to hold drift against`,
        );
        reporter.result({
          ok: true,
          out: options.out,
          sha256: createHash('sha256').update(trained.onnx).digest('hex'),
          sizeBytes: trained.onnx.byteLength,
          features: names,
          skipped,
          reference: {
            path: referencePath,
            sha256: createHash('sha256').update(reference.bytes).digest('hex'),
            rows: reference.rows,
          },
          metrics,
          calibration,
        });
      }),
    ),
  );
}

/** Those of a kind that a person compares models by. */
function textOf(metrics: Readonly<Record<string, number>>, on: 'train' | 'folds'): string {
  return Object.entries(metrics)
    .filter(([name]) => name.startsWith(`${on}.`) && !name.endsWith('_std') && name !== `${on}.rows`)
    .map(([name, value]) => `${name.slice(on.length + 1).replaceAll('_', ' ')} ${value.toFixed(4)}`)
    .join(', ');
}

/** Scored by the file that was written, as inference will. */
async function referenceOf(
  onnx: Uint8Array,
  rows: readonly LabelledRow[],
  definition: PipelineDefinition,
): Promise<PreparedReference> {
  const layout = planModelLayout(await describeModel(onnx), definition.features, definition.model.task);
  if (!layout.ok) throw new Error(`the trained model does not fit its own pipeline: ${layout.problems.join('; ')}`);
  const model = await OnnxModel.load(onnx, layout);
  return referenceOfRows(rows, model, definition).finally(() => model.release());
}
