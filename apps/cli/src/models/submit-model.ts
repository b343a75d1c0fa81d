import { decideSubmission } from '#domain/rollout';
import { openArtifactStore } from '#platform/artifacts';
import { describeModel, OnnxModel, planModelLayout } from '#platform/onnx';
import type { Connections } from '../connections/connections.js';
import { changeLoop } from '../lifecycle/change-loop.js';
import { requireClock } from '../lifecycle/pipeline-clock.js';
import { CliFailure } from '../terminal/failure.js';
import type { Reporter } from '../terminal/reporter.js';
import { mismatch } from './register-model.js';

/**
 * Asks for a run that trains nothing: the model is held to the gates on the newest labelled rows of the log. What it was trained on
 * is not known here: if those rows were among it, they flatter it.
 *
 * @throws CliFailure where it does not fit the pipeline, or the pipeline has no gates
 */
export async function submitModel(
  pipeline: string,
  bytes: Uint8Array,
  reason: string,
  connections: Connections,
  reporter: Reporter,
): Promise<void> {
  const { definition } = await connections.pipeline(pipeline);
  if (definition.gates === undefined || definition.label === undefined) {
    throw new CliFailure(
      `${pipeline} has no ${definition.label === undefined ? 'labels' : 'gates'} to hold a model to: ` +
        `eddyline models register ${pipeline} <model.onnx> registers it without`,
    );
  }
  const description = await describeModel(bytes);
  const layout = planModelLayout(description, definition.features, definition.model.task);
  if (!layout.ok) throw new CliFailure(mismatch(pipeline, layout.problems, description));
  // A model that loads but does not run would fail every gate with a word that nobody understands.
  await (await OnnxModel.load(bytes, layout)).release();
  const { ms: clock, labels } = await requireClock(definition, connections, 'a run');
  const { uri: artifactUri, sha256 } = await openArtifactStore(connections.addresses.artifacts).put(bytes);
  const candidate = {
    artifactUri,
    sha256,
    explainer: null,
    trainer: 'imported',
    parameters: {},
    metrics: {},
    seconds: 0,
  };
  const { after, events } = await changeLoop(connections, pipeline, clock, ({ record }) => ({
    decisions: [decideSubmission(candidate, reason, labels, record.state)],
  }));
  reporter.line(
    `${pipeline}: ${after.state.run?.id} is asked for; the retraining service holds the model to the gates`,
  );
  reporter.line(`look on with eddyline models history ${pipeline}`);
  reporter.result({ ok: true, sha256, run: after.state.run, events });
}
