import { FileArtifactStore } from '#platform/artifacts';
import type { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { withConnections } from '../connections/connections.js';
import { registerModel } from '../models/register-model.js';
import { CliFailure, messageOf } from '../terminal/failure.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';
import { userName } from '../terminal/user-name.js';

export function registerModelsRegister(models: Command): void {
  const command = models
    .command('register')
    .description("check a model against a pipeline's features, store it, and let it serve")
    .argument('<pipeline>', 'a pipeline in force')
    .argument('<model.onnx>', 'from any exporter: one float matrix, or one input per feature')
    .option('--description <text>', 'for whoever reads the list', '')
    .option('--no-promote', 'register only; the champion stays');
  withExamples(withJson(command), [
    'eddyline models register electricity model.onnx --description "gradient boosting, March"',
    'eddyline models register electricity candidate.onnx --no-promote',
  ]).action((pipeline: string, file: string, options: { json?: boolean; description: string; promote: boolean }) =>
    runAction(options, (reporter) =>
      withConnections(['kafkaBrokers', 'schemaRegistryUrl', 'artifacts'], async (connections) => {
        const applied = await connections.pipeline(pipeline);
        const bytes = await readFile(file).catch((error: unknown) => {
          throw new CliFailure(`cannot read the model ${file}: ${messageOf(error)}`, 1, { cause: error });
        });
        const catalog = await connections.models();
        const { version, known, champion } = await registerModel(
          bytes,
          applied,
          { description: options.description || basename(file), promote: options.promote },
          {
            store: new FileArtifactStore(connections.addresses.artifacts),
            versions: (name) => catalog.versions(name),
            publish: (entry) => connections.control().publishRegistryEntry(entry),
          },
          { name: userName(), now: () => new Date() },
        );
        const inputs =
          version.input.kind === 'matrix'
            ? `${version.input.input} [rows, ${version.input.columns}]`
            : version.features.join(', ');
        reporter.line(
          `${pipeline} version ${version.version}${known ? ' (registered before)' : ''}: sha256 ${version.sha256}`,
        );
        reporter.line(`  inputs  ${inputs}`);
        reporter.line(
          `  score   ${version.output.output}${version.output.width > 1 ? `, column ${version.output.scoreColumn ?? 'per class'}` : ''}`,
        );
        reporter.line(
          champion
            ? '  champion: inference takes it up within seconds'
            : `  not promoted: eddyline models promote ${pipeline} ${version.version}`,
        );
        reporter.result({ ok: true, known, promoted: champion !== undefined, version });
      }),
    ),
  );
}
