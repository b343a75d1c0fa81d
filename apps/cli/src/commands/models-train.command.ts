import type { PipelineDefinition } from '#contracts';
import { trainLogisticRegression } from '#domain/learn';
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
      'train a logistic regression on labelled events and write it as ONNX, and beside it the rows with its scores; the same rows give the same files',
    )
    .argument('<pipeline>', 'a pipeline in force; its features are the inputs')
    .requiredOption('--from <file>', 'labelled events, CSV or NDJSON, gzipped or not')
    .requiredOption('--label <column>', 'column with the label, 0 or 1')
    .requiredOption('--out <model.onnx>', 'file to write')
    .option('--rows <count>', 'train on the first so many rows', positiveInteger, 4_000);
  withExamples(withJson(command), [
    'eddyline models train electricity --from pipelines/electricity/electricity.csv.gz --label price_went_up --out model.onnx',
  ]).action((pipeline: string, options: TrainOptions) =>
    runAction(options, (reporter) =>
      withConnections(['kafkaBrokers', 'schemaRegistryUrl'], async (connections) => {
        const { definition } = await connections.pipeline(pipeline);
        if (definition.model.task !== 'binary-classification') {
          throw new CliFailure(
            `${pipeline} is a ${definition.model.task} pipeline; a logistic regression is for binary-classification`,
          );
        }
        const source = await openEventSource(options.from);
        const rows: LabelledRow[] = [];
        const selection = { labelColumn: options.label, labelled: true, most: options.rows };
        const { skipped, problems } = await readLabelledRows(source, definition, selection, (row) => {
          rows.push(row);
        }).finally(source.close);
        for (const problem of problems) reporter.warn(`left out ${options.from} ${problem}`);
        if (skipped > problems.length) reporter.warn(`left out ${skipped} rows in all`);
        const names = definition.features.map(({ name }) => name);
        const trained = trainLogisticRegression(
          rows.map(({ features }) => features),
          rows.map(({ label }) => label!),
          names,
          { pipeline, times: rows.map(({ timeMs }) => timeMs) },
        );
        if (!trained.ok) throw new CliFailure(trained.message);
        const reference = await referenceOf(trained.onnx, rows, definition);
        const referencePath = referencePathOf(options.out);
        await mkdir(dirname(options.out), { recursive: true });
        await writeFile(options.out, trained.onnx);
        await writeFile(referencePath, reference.bytes);
        const { metrics, calibration, convergence } = trained;
        if (!convergence.converged) reporter.warn(`not converged after ${convergence.iterations} iterations`);
        reporter.line(
          `${options.out}: logistic regression on ${names.length} features (${formatBytes(trained.onnx.byteLength)})`,
        );
        reporter.line(
          `  ${formatCount(metrics.rows)} rows, ${formatCount(metrics.positives)} positive, ${convergence.iterations} iterations`,
        );
        reporter.line(
          `  on those rows: accuracy ${metrics.accuracy.toFixed(4)}, ROC AUC ${metrics.rocAuc.toFixed(4)}, log loss ${metrics.logLoss.toFixed(4)}`,
        );
        if (metrics.heldOut) {
          const { heldOut } = metrics;
          reporter.line(
            `  on held-out blocks of time: accuracy ${heldOut.accuracy.toFixed(4)}, ROC AUC ${heldOut.rocAuc.toFixed(4)}, log loss ${heldOut.logLoss.toFixed(4)}`,
          );
        }
        if (!calibration) reporter.warn('too few rows to calibrate by: scores are taken as they are');
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
          convergence,
        });
      }),
    ),
  );
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
