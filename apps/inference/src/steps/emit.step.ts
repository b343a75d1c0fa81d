import { HEADER, topicOf, type PredictionRecord } from '#contracts';
import type { OutboundMessage } from '#platform/outcomes';
import type { ScoringProgram } from '../scoring/scoring-program.js';

/** Where a prediction goes: the partition of its event in the stream, by key for HTTP. */
export interface Destination {
  readonly key: Buffer | string;
  readonly partition?: number;
  readonly traceparent?: string;
}

/** Prediction → message on `<p>.predictions`, as a CloudEvent in binary mode. */
export function createEmitStep({ pipeline, encode }: Pick<ScoringProgram, 'pipeline' | 'encode'>) {
  const { name } = pipeline.definition;
  const topic = topicOf(name, 'predictions');
  const constant = {
    [HEADER.ceSpecVersion]: '1.0',
    [HEADER.ceType]: `eddyline.${name}.prediction`,
    [HEADER.ceSource]: `/eddyline/pipelines/${name}/inference`,
    [HEADER.contentType]: 'application/avro',
  };
  // A batch is predicted at one time: written once, not once per event.
  let atMs = Number.NaN;
  let at = '';
  return function emitStep(record: PredictionRecord, { key, partition, traceparent }: Destination): OutboundMessage {
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
