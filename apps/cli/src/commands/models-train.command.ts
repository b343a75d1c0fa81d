import { trainLogisticRegression } from '#domain/learn';
import type { Command } from 'commander';
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { withConnections } from '../connections/connections.js';
import { readTrainingRows } from '../models/training-rows.js';
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
      'train a logistic regression on labelled events and write it as ONNX; the same rows give the same file',
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
        const training = await readTrainingRows(source, definition, options.label, options.rows).finally(source.close);
        for (const problem of training.problems) reporter.warn(`left out ${options.from} ${problem}`);
        if (training.skipped > training.problems.length) reporter.warn(`left out ${training.skipped} rows in all`);
        const names = definition.features.map(({ name }) => name);
        const trained = trainLogisticRegression(training.rows, training.labels, names, { pipeline });
        if (!trained.ok) throw new CliFailure(trained.message);
        await mkdir(dirname(options.out), { recursive: true });
        await writeFile(options.out, trained.onnx);
        const { metrics, convergence } = trained;
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
        reporter.result({
          ok: true,
          out: options.out,
          sha256: createHash('sha256').update(trained.onnx).digest('hex'),
          sizeBytes: trained.onnx.byteLength,
          features: names,
          skipped: training.skipped,
          metrics,
          convergence,
        });
      }),
    ),
  );
}
