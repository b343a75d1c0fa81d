import { modelFromJson, TrainedModelUnreadable, type TrainedModel } from '#domain/trained-model';

/** Thrown when what should explain a model is not a trained model. */
export class ExplainerUnreadable extends Error {
  override readonly name = 'ExplainerUnreadable';
}

/**
 * Reads the JSON of a trained model, such as trainers write it beside the ONNX file.
 *
 * @param features names that the model is registered with, in their order
 * @throws ExplainerUnreadable where it is none, or another model's
 */
export function readTrainedModel(json: string, features: readonly string[]): TrainedModel {
  let model: TrainedModel;
  try {
    model = modelFromJson(json);
  } catch (cause) {
    if (!(cause instanceof TrainedModelUnreadable)) throw cause;
    throw new ExplainerUnreadable(cause.message, { cause });
  }
  const names = model.inputs.map((input) => input.name);
  if (names.join('\n') !== features.join('\n')) {
    throw new ExplainerUnreadable(`it explains the features ${names.join(', ')}, not ${features.join(', ')}`);
  }
  return model;
}
