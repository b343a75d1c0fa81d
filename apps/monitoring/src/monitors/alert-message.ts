import { createHash } from 'node:crypto';
import { ALERT_SCHEMA, topicOf, type AlertRecord, type AppliedPipeline } from '#contracts';
import type { AvroCodecs } from '#platform/avro';
import type { OutboundMessage } from '#platform/outcomes';

/** All changes of an alert lie on one partition, in their order. @throws Error where the pipeline was applied by an earlier release */
export function alertMessages(
  { definition, schemaIds }: AppliedPipeline,
  alerts: readonly AlertRecord[],
  codecs: AvroCodecs,
): readonly OutboundMessage[] {
  if (alerts.length === 0) return [];
  if (schemaIds.alert === undefined) {
    throw new Error(`the pipeline ${definition.name} has no schema of alerts: run \`eddyline apply\` for it`);
  }
  const encode = codecs.encoderFor(ALERT_SCHEMA, schemaIds.alert);
  return alerts.map((alert) => ({
    topic: topicOf(definition.name, 'alerts'),
    partition: createHash('sha256').update(alert.id).digest().readUInt32BE() % definition.topics.partitions,
    key: alert.id,
    value: encode({ ...alert, evidence: JSON.stringify(alert.evidence) }),
  }));
}
