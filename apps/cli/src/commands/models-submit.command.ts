import type { Command } from 'commander';
import { basename } from 'node:path';
import { readFile } from 'node:fs/promises';
import { withConnections } from '../connections/connections.js';
import { submitModel } from '../models/submit-model.js';
import { CliFailure, messageOf } from '../terminal/failure.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';

interface SubmitOptions {
  readonly json?: boolean;
  readonly reason?: string;
}

export function registerModelsSubmit(models: Command): void {
  const command = models
    .command('submit')
    .description(
      'hand in an ONNX model of any tool: the retraining service holds it to the gates as it does its own, registers it if it passes, and rolls it out',
    )
    .argument('<pipeline>', 'a pipeline in force, with gates')
    .argument('<model.onnx>', 'from any exporter: one float matrix, or one input per feature')
    .option('--reason <text>', 'for whoever asks later why (default: the name of the file)');
  withExamples(withJson(command), [
    'eddyline models submit electricity theirs.onnx --reason "from the research group"',
  ]).action((pipeline: string, file: string, options: SubmitOptions) =>
    runAction(options, (reporter) =>
      withConnections(['kafkaBrokers', 'schemaRegistryUrl', 'clickhouseUrl', 'artifacts'], async (connections) => {
        const bytes = await readFile(file).catch((error: unknown) => {
          throw new CliFailure(`cannot read the model ${file}: ${messageOf(error)}`, 1, { cause: error });
        });
        const reason = options.reason ?? `${basename(file)} was handed in`;
        await submitModel(pipeline, bytes, reason, connections, reporter);
      }),
    ),
  );
}
