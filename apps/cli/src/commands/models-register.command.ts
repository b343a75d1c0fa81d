import type { ModelReference } from '#contracts';
import { openArtifactStore } from '#platform/artifacts';
import type { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { withConnections } from '../connections/connections.js';
import { changeLoop } from '../lifecycle/change-loop.js';
import { clockFor, decideServing, servingNews, wayOf, type WayOptions } from '../lifecycle/serve-version.js';
import { readReference, referenceBeside } from '../models/model-reference.js';
import { registerModel } from '../models/register-model.js';
import { CliFailure, messageOf, usageFailure } from '../terminal/failure.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';
import { formatCount } from '../terminal/table.js';
import { userName } from '../terminal/user-name.js';

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
        const applied = await connections.pipeline(pipeline);
        const bytes = await readFile(file).catch((error: unknown) => {
          throw new CliFailure(`cannot read the model ${file}: ${messageOf(error)}`, 1, { cause: error });
        });
        const { definition } = applied;
        const way = wayOf(options, definition);
        const hasChampion = (await connections.models()).champion(pipeline) !== undefined;
        const clock = await clockFor(options.promote ? way : 'at_once', definition, hasChampion, connections);
        const { reason } = options;
        const reference =
          options.reference === false ? undefined : (options.reference ?? (await referenceBeside(file)));
        const { version, known, changed, remarks } = await registerModel(
          bytes,
          applied,
          {
            description: options.description || basename(file),
            serve: options.promote
              ? (record, number) => decideServing(record, number, way, { definition, clock, reason })
              : null,
            ...(reference !== undefined && {
              reference: (model, metadata) =>
                readReference(reference, options.label ?? null, model, metadata, definition),
            }),
          },
          {
            store: openArtifactStore(connections.addresses.artifacts),
            change: (decide) => changeLoop(connections, pipeline, clock, decide),
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
        for (const remark of remarks) reporter.warn(remark);
        reporter.line(`  knew    ${describeReference(version.reference)}`);
        const { serving } = changed.after;
        const promoted = serving.champion?.version === version.version;
        reporter.line(
          options.promote
            ? `  ${promoted ? 'champion: inference takes it up within seconds' : servingNews(pipeline, version.version, changed.before.record, changed.after)}`
            : `  not promoted: eddyline models promote ${pipeline} ${version.version}`,
        );
        reporter.result({ ok: true, known, promoted, serving, version });
      }),
    ),
  );
}

function describeReference(reference: ModelReference | undefined): string {
  if (reference === undefined) return 'nothing: its drift is held against the window before (--reference)';
  const { rows, calibration } = reference;
  const calibrated = calibration === null ? 'not calibrated' : `calibrated at ${calibration.scores.length} scores`;
  return `${formatCount(rows)} rows, ${calibrated}`;
}
