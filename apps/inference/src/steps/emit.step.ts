import { HEADER, topicOf, type PredictionRecord } from '#contracts';
import type { OutboundMessage } from '#platform/outcomes';
import type { ScoringProgram } from '../scoring/scoring-program.js';
import type { Predicted } from './predict.step.js';

/** Where a prediction goes: the partition of its event in the stream, by key for HTTP. */
export interface Destination {
  readonly key: Buffer | string;
  readonly partition?: number;
  readonly traceparent?: string;
}

type Program = Pick<ScoringProgram, 'pipeline' | 'encode'>;

/** What serves → `<p>.predictions`; what another model said → `<p>.shadows`, beside it. */
export function createEmitStep(program: Program) {
  const emitServed = createMessageStep(program, 'predictions', 'prediction');
  const emitShadow = createMessageStep(program, 'shadows', 'shadow');
  return function emitStep({ served, shadow }: Predicted, destination: Destination): readonly OutboundMessage[] {
    const message = emitServed(served, destination);
    return shadow === null ? [message] : [message, emitShadow(shadow, destination)];
  };
}

/** Record → message, as a CloudEvent in binary mode. */
function createMessageStep({ pipeline, encode }: Program, stream: 'predictions' | 'shadows', type: string) {
  const { name } = pipeline.definition;
  const topic = topicOf(name, stream);
  const constant = {
    [HEADER.ceSpecVersion]: '1.0',
    [HEADER.ceType]: `eddyline.${name}.${type}`,
    [HEADER.ceSource]: `/eddyline/pipelines/${name}/inference`,
    [HEADER.contentType]: 'application/avro',
  };
  // A batch is predicted at one time: written once, not once per event.
  let atMs = Number.NaN;
  let at = '';
  return function messageStep(record: PredictionRecord, { key, partition, traceparent }: Destination): OutboundMessage {
    if (record.predicted_at !== atMs) {
      atMs = record.predicted_at;
      at = new Date(atMs).toISOString();
    }
    return {
      topic,
      key,
      value: encode(record),
      headers: {
        ...constant,
        [HEADER.ceId]: record.event_id,
        [HEADER.ceTime]: at,
        ...(traceparent === undefined ? {} : { [HEADER.traceparent]: traceparent }),
      },
      ...(partition === undefined ? {} : { partition }),
    };
  };
}
