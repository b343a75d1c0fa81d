import type { ModelVersion, PredictionRecord } from '#contracts';
import { openExplainer, Unexplainable, type PredictionExplanation } from '#domain/explain';
import { ArtifactCorrupted, openArtifactStore, ReferenceUnreadable } from '#platform/artifacts';
import { PredictionLookup } from '#platform/clickhouse';
import { ExplainerUnpackable, explanationSources } from '#platform/explanation-sources';
import { ModelRejected } from '#platform/onnx';
import type { Connections } from '../connections/connections.js';
import { CliFailure } from '../terminal/failure.js';

/** A prediction, and what each feature contributed to it. */
export interface ExplainedEvent {
  readonly prediction: PredictionRecord;
  readonly explanation: PredictionExplanation;
}

/**
 * Looks the prediction of an event up and explains it here, with the artifacts of the version that made it: no service needs to run.
 *
 * @throws CliFailure where there is no such prediction, or nothing explains it
 */
export async function explainEvent(
  pipeline: string,
  eventId: string,
  connections: Connections,
): Promise<ExplainedEvent> {
  const { definition } = await connections.pipeline(pipeline);
  const found = (await new PredictionLookup(connections.clickhouse(), definition).byIds([eventId])).get(eventId);
  if (found === undefined) {
    throw new CliFailure(
      `the log of ${pipeline} holds no prediction of the event ${eventId}: was it refused (eddyline quarantine list ${pipeline}), ` +
        'or does monitoring not run?',
    );
  }
  const prediction = found.record;
  const versions = (await connections.models()).versions(pipeline);
  const version = versions.find((candidate) => candidate.version === prediction.model_version);
  if (version === undefined)
    throw new CliFailure(`model version ${prediction.model_version} of ${pipeline} is not in the registry`);
  return { prediction, explanation: await explainWith(version, prediction, connections.addresses.artifacts) };
}

async function explainWith(
  version: ModelVersion,
  prediction: PredictionRecord,
  artifacts: string,
): Promise<PredictionExplanation> {
  try {
    const explainer = await openExplainer(version, explanationSources(openArtifactStore(artifacts)));
    try {
      return await explainer.explain(prediction);
    } finally {
      await explainer.release();
    }
  } catch (error) {
    const isKnown = [Unexplainable, ArtifactCorrupted, ReferenceUnreadable, ExplainerUnpackable, ModelRejected].some(
      (kind) => error instanceof kind,
    );
    if (isKnown) throw new CliFailure((error as Error).message);
    throw error;
  }
}
