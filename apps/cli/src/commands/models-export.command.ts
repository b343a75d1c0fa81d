import type { Command } from 'commander';
import { openArtifactStore } from '#platform/artifacts';
import { exportVersion, MlflowFailure, MlflowServer } from '#platform/mlflow';
import { mlflowAccess } from '../cli.config.js';
import { withConnections } from '../connections/connections.js';
import { CliFailure } from '../terminal/failure.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';

interface ExportOptions {
  readonly json?: boolean;
  readonly mlflow?: string;
  readonly name?: string;
  readonly alias?: string;
}

export function registerModelsExport(models: Command): void {
  const command = models
    .command('export')
    .description('copy a registered version, with its metrics and lineage, into the registry of an MLflow server')
    .argument('<pipeline>')
    .argument('[version]', 'default: the champion')
    .option('--mlflow <uri>', 'the MLflow server; default: MLFLOW_TRACKING_URI')
    .option('--name <name>', "the registered model's name there; default: the pipeline's")
    .option('--alias <alias>', 'an alias to give it there');
  withExamples(withJson(command), [
    'eddyline models export electricity --mlflow http://127.0.0.1:5000 --alias champion',
    'eddyline models export electricity 3 --name power-price',
  ]).action((pipeline: string, wanted: string | undefined, options: ExportOptions) =>
    runAction(options, (reporter) =>
      withConnections(['kafkaBrokers', 'schemaRegistryUrl', 'artifacts'], async (connections) => {
        const server = new MlflowServer(mlflowAccess(options.mlflow));
        const { definition } = await connections.pipeline(pipeline);
        const catalog = await connections.models();
        const which = wanted ?? catalog.champion(pipeline)?.version.version;
        if (which === undefined) throw new CliFailure(`nothing serves ${pipeline} yet: name a version`);
        const versions = catalog.versions(pipeline);
        const version = versions.find((one) => one.version === which);
        if (version === undefined) {
          const known = versions.map((one) => one.version).join(', ') || 'none';
          throw new CliFailure(`${pipeline} has no model version ${which} (registered: ${known})`);
        }
        const store = openArtifactStore(connections.addresses.artifacts);
        const { reference, explainer } = version;
        const files = {
          model: await store.get(version.artifactUri, version.sha256),
          reference: reference ? await store.get(reference.artifactUri, reference.sha256) : null,
          explainer: explainer ? await store.get(explainer.artifactUri, explainer.sha256) : null,
        };
        const to = { name: options.name ?? definition.name, alias: options.alias ?? null };
        const exported = await exportVersion(server, version, files, to).catch((error: unknown) => {
          if (!(error instanceof MlflowFailure)) throw error;
          throw new CliFailure(error.message, 1, { cause: error });
        });
        const known = exported.known ? ' (exported before)' : '';
        const alias = to.alias === null ? '' : `, alias ${to.alias}`;
        reporter.line(
          `${pipeline} version ${which} is version ${exported.version} of ${exported.name}${known}${alias}`,
        );
        reporter.line(`  mlflow.onnx.load_model("models:/${exported.name}/${exported.version}")`);
        reporter.result({ ok: true, pipeline, exportedVersion: which, mlflow: { ...exported, alias: to.alias } });
      }),
    ),
  );
}
