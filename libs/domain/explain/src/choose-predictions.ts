import type { ExplainDefinition, ExplanationRecord, PipelineFlag, PredictionRecord } from '#contracts';
import { CelFailure, compilePredictionExpression } from '#domain/cel';
import { inShare } from '#domain/routing';
import { compileToggle } from '#domain/switches';

/** Why a prediction is explained; null: it is not. */
export type ChoosePrediction = (prediction: PredictionRecord) => ExplanationRecord['why'] | null;

/**
 * Compiles which predictions of a pipeline are explained: those of which the expression is true, and a sample by the event's id. An
 * expression that fails on a prediction does not choose it. The flag `explanations`, off, takes its share of the keys out.
 *
 * @throws RangeError where the expression is none; a definition in force has been checked
 */
export function compileChoice(
  { name, explain }: { readonly name: string; readonly explain: ExplainDefinition },
  flags: readonly PipelineFlag[],
): ChoosePrediction {
  const isOn = compileToggle(flags, 'explanations');
  const holds = conditionOf(explain);
  return function choosePrediction(prediction) {
    const { event_id, event_key } = prediction;
    if (!isOn(event_key)) return null;
    // First, so that what is in the sample is a picture of all, whatever the expression chooses.
    if (inShare('explain/v1', name, event_id, explain.sample)) return 'sample';
    return holds(prediction) ? 'when' : null;
  };
}

function conditionOf({ when }: ExplainDefinition): (prediction: PredictionRecord) => boolean {
  if (when === null) return () => false;
  const result = compilePredictionExpression(when);
  if (!result.ok) throw new RangeError(`explain.when: ${result.error.message}`);
  const { compiled } = result;
  return (prediction) => {
    const value = compiled.evaluate(prediction as unknown as Readonly<Record<string, unknown>>);
    return !(value instanceof CelFailure) && value === true;
  };
}
