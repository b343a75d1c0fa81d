import { z } from 'zod';
import type { AlertEvidence, AlertRecord } from '#contracts';
import type { LoggedAlert } from '#platform/clickhouse';
import type { StageRecord } from '#platform/kafka';

/** A value on `<p>.alerts`: the evidence is JSON text. */
export type AlertValue = Omit<AlertRecord, 'evidence'> & { readonly evidence: string };

const figure = z.number().nullable().catch(null);
const rows = z.int().min(0).catch(0);

const evidence: z.ZodType<AlertEvidence> = z.object({
  rows,
  reference_rows: z.int().min(0).nullable().catch(null),
  reference_value: figure,
  low: figure,
  high: figure,
  p_value: figure,
  slices: z.array(z.object({ slice: z.string(), value: z.number(), rows })).catch([]),
  examples: z
    .array(z.object({ event_id: z.string(), trace_id: z.string(), partition: z.int(), offset: z.int() }))
    .catch([]),
});

/** Reads a record of the alerts topic. Anybody may write there: of evidence that is malformed, what can be read is kept. */
export function loggedAlertStep({ value, partition, offset }: StageRecord<AlertValue>): LoggedAlert {
  return { record: { ...value, evidence: evidenceOf(value.evidence) }, partition, offset };
}

function evidenceOf(text: string): AlertEvidence {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    said = {};
  }
  const read = evidence.safeParse(said);
  return read.success ? read.data : evidence.parse({});
}
