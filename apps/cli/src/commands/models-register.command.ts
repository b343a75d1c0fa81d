import type { Command } from 'commander';
import { withConnections } from '../connections/connections.js';
import type { WayOptions } from '../lifecycle/serve-version.js';
import { referenceBeside } from '../models/model-reference.js';
import { registerFile } from '../models/register-file.js';
import { usageFailure } from '../terminal/failure.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';

interface RegisterOptions extends WayOptions {
  readonly json?: boolean;
  readonly description: string;
  readonly promote: boolean;
  readonly reason: string;
  /** False: none, even where one lies beside the model. */
  readonly reference?: string | false;
  readonly label?: string;
}

export function registerModelsRegister(models: Command): void {
  const command = models
    .command('register')
    .description(
      "check a model against a pipeline's features, store it, and let it serve: through the rollout where the file declares one",
    )
    .argument('<pipeline>', 'a pipeline in force')
    .argument('<model.onnx>', 'from any exporter: one float matrix, or one input per feature')
    .option('--description <text>', 'for whoever reads the list', '')
    .option(
      '--reference <file>',
      'rows that drift is held against: what `eddyline train` wrote (taken without asking where it lies beside the model), ' +
        'or events as CSV or NDJSON, which the model is given to score',
    )
    .option('--no-reference', 'do without, even where one lies beside the model')
    .option('--label <column>', 'column of those events with the label: scores are calibrated by it')
    .option('--no-promote', 'register only; the champion stays')
    .option('--rollout', 'through the rollout, or not at all')
    .option('--at-once', 'past the rollout: it serves everything now')
    .option('--reason <text>', 'for whoever asks later why it serves', 'registered');
  withExamples(withJson(command), [
    'eddyline models register electricity model.onnx --description "gradient boosting, March"',
    'eddyline models register electricity candidate.onnx --no-promote',
    'eddyline models register electricity theirs.onnx --reference last-month.csv --label price_went_up',
  ]).action((pipeline: string, file: string, options: RegisterOptions) =>
    runAction(options, (reporter) =>
      withConnections(['kafkaBrokers', 'schemaRegistryUrl', 'artifacts'], async (connections) => {
        if (options.label !== undefined && typeof options.reference !== 'string') {
          throw usageFailure('--label is a column of the file that --reference names: give both');
        }
        const reference =
          options.reference === false ? undefined : (options.reference ?? (await referenceBeside(file)));
        await registerFile(pipeline, file, { ...options, reference }, connections, reporter);
      }),
    ),
  );
}
