import type { Command } from 'commander';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchVersion, MlflowFailure, MlflowServer } from '#platform/mlflow';
import { mlflowAccess, type Part } from '../cli.config.js';
import { withConnections } from '../connections/connections.js';
import type { WayOptions } from '../lifecycle/serve-version.js';
import { registerFile } from '../models/register-file.js';
import { submitModel } from '../models/submit-model.js';
import { CliFailure } from '../terminal/failure.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';

interface ImportOptions extends WayOptions {
  readonly json?: boolean;
  readonly mlflow?: string;
  readonly promote: boolean;
  readonly submit?: boolean;
  readonly reason?: string;
}

export function registerModelsImport(models: Command): void {
  const command = models
    .command('import')
    .description(
      'take an ONNX model from the registry of an MLflow server, and let it serve as a registered file would',
    )
    .argument('<pipeline>', 'a pipeline in force')
    .argument('<name>', "the registered model's name there")
    .argument('[version]', "a version's number or an alias", 'champion')
    .option('--mlflow <uri>', 'the MLflow server; default: MLFLOW_TRACKING_URI')
    .option('--no-promote', 'register only; the champion stays')
    .option('--submit', 'to the gates first, as `eddyline models submit` does')
    .option('--rollout', 'through the rollout, or not at all')
    .option('--at-once', 'past the rollout: it serves everything now')
    .option('--reason <text>', 'for whoever asks later why it serves (default: where it comes from)');
  withExamples(withJson(command), [
    'eddyline models import electricity power-price --mlflow http://127.0.0.1:5000',
    'eddyline models import electricity power-price 7 --no-promote',
    'eddyline models import electricity power-price 8 --submit',
  ]).action((pipeline: string, name: string, which: string, options: ImportOptions) =>
    runAction(options, (reporter) =>
      withConnections(partsFor(options), async (connections) => {
        const server = new MlflowServer(mlflowAccess(options.mlflow));
        await connections.pipeline(pipeline);
        const fetched = await fetchVersion(server, name, which).catch((error: unknown) => {
          if (!(error instanceof MlflowFailure)) throw error;
          throw new CliFailure(error.message, 1, { cause: error });
        });
        const { version, runId, description, onnx, reference } = fetched;
        const origin = `MLflow ${name} ${version}, run ${runId}`;
        reporter.line(`fetched ${origin}`);
        const reason = options.reason ?? `imported from ${origin}`;
        if (options.submit === true) return submitModel(pipeline, onnx, reason, connections, reporter);
        const folder = await mkdtemp(join(tmpdir(), 'eddyline-import-'));
        try {
          const model = join(folder, 'model.onnx');
          const rows = join(folder, 'model.reference.ndjson.gz');
          await writeFile(model, onnx);
          if (reference !== null) await writeFile(rows, reference);
          const said = description === '' ? origin : `${description} (${origin})`;
          await registerFile(
            pipeline,
            model,
            {
              ...options,
              description: said,
              reason,
              reference: reference === null ? undefined : rows,
            },
            connections,
            reporter,
          );
        } finally {
          await rm(folder, { recursive: true, force: true });
        }
      }),
    ),
  );
}

/** The gates look at the log. */
function partsFor({ submit }: ImportOptions): readonly Part[] {
  return ['kafkaBrokers', 'schemaRegistryUrl', 'artifacts', ...(submit === true ? (['clickhouseUrl'] as const) : [])];
}
