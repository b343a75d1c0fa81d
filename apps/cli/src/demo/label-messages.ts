import { HEADER, topicOf, type AppliedPipeline } from '#contracts';
import type { AvroCodecs } from '#platform/avro';
import type { OutboundMessage } from '#platform/outcomes';
import { CliFailure } from '../terminal/failure.js';
import { RUN_HEADER, type HalfHourLabel } from './electricity-feed.js';

/** Label → message on the pipeline's topic of labels. */
export function prepareLabels(
  { definition, schemaIds }: AppliedPipeline,
  codecs: AvroCodecs,
  run: string,
): (label: HalfHourLabel) => OutboundMessage {
  const { name, label } = definition;
  if (label === undefined || schemaIds.label === undefined) {
    throw new CliFailure(`the pipeline ${name} in force has no labels; the demo's file declares them: eddyline apply`);
  }
  const topic = topicOf(name, 'labels');
  const encode = codecs.encoderFor(label.schema, schemaIds.label);
  return (given) => ({
    topic,
    key: given.event_id,
    value: encode(given),
    headers: { [RUN_HEADER]: run, [HEADER.ceSource]: 'eddyline/demo' },
  });
}
