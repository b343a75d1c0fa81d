import type { ModelReference } from '#contracts';
import { openArtifactStore } from '#platform/artifacts';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Connections } from '../connections/connections.js';
import { changeLoop } from '../lifecycle/change-loop.js';
import { clockFor, decideServing, servingNews, wayOf, type WayOptions } from '../lifecycle/serve-version.js';
import { CliFailure, messageOf } from '../terminal/failure.js';
import type { Reporter } from '../terminal/reporter.js';
import { formatCount } from '../terminal/table.js';
import { userName } from '../terminal/user-name.js';
import { readReference } from './model-reference.js';
import { registerModel } from './register-model.js';

export interface FileOptions extends WayOptions {
  readonly description: string;
  readonly promote: boolean;
  readonly reason: string;
  /** Undefined: none. */
  readonly reference: string | undefined;
  readonly label?: string;
}

/** Registers an ONNX file and tells what became of it. */
export async function registerFile(
  pipeline: string,
  file: string,
  options: FileOptions,
  connections: Connections,
  reporter: Reporter,
): Promise<void> {
  const applied = await connections.pipeline(pipeline);
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new CliFailure(`cannot read the model ${file}: ${messageOf(error)}`, 1, { cause: error });
  });
  const { definition } = applied;
  const way = wayOf(options, definition);
  const hasChampion = (await connections.models()).champion(pipeline) !== undefined;
  const clock = await clockFor(options.promote ? way : 'at_once', definition, hasChampion, connections);
  const { reason, reference } = options;
  const { version, known, changed, remarks } = await registerModel(
    bytes,
    applied,
    {
      description: options.description || basename(file),
      serve: options.promote
        ? (record, number) => decideServing(record, number, way, { definition, clock, reason })
        : null,
      ...(reference !== undefined && {
        reference: (model, metadata) => readReference(reference, options.label ?? null, model, metadata, definition),
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
}

function describeReference(reference: ModelReference | undefined): string {
  if (reference === undefined) return 'nothing: its drift is held against the window before (--reference)';
  const { rows, calibration } = reference;
  const calibrated = calibration === null ? 'not calibrated' : `calibrated at ${calibration.scores.length} scores`;
  return `${formatCount(rows)} rows, ${calibrated}`;
}
