import { valueSubjectOf, type AvroRecordSchema, type PipelineDefinition } from '#contracts';
import type { DecodeProgress } from '#platform/avro';
import type { DecoderFactory } from '#platform/kafka';
import { pipelineSubjects, type SubjectSpec } from '../apply/pipeline-subjects.js';

/** As what the value of a record is read. */
export interface ValueKind {
  readonly role: SubjectSpec['role'];
  readonly schema: AvroRecordSchema;
}

/** By the topic that the record came from; what came from a topic that is not the pipeline's is read as an event. */
export function valueKindOf(topic: string, definition: PipelineDefinition): ValueKind {
  const subject = pipelineSubjects(definition).find((one) => one.subject === valueSubjectOf(topic));
  return subject ?? { role: 'event', schema: definition.event.schema };
}

/** What the value of a quarantined record says when it is read as that, or why it cannot be. */
export type ValueAttempt =
  | { readonly ok: true; readonly value: Record<string, unknown>; readonly schemaId: number }
  | { readonly ok: false; readonly reason: string; readonly message: string };

export async function readValue(
  value: Buffer | null,
  { schema }: ValueKind,
  codecs: DecoderFactory,
): Promise<ValueAttempt> {
  const decoder = codecs.decoderFor(schema);
  await decoder.prefetch([value]);
  return decoder.decode(value);
}

/** JSON for a person: dates, long integers and bytes as text. */
export function formatDecoded(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, inner: unknown) => {
      if (typeof inner === 'bigint') return inner.toString();
      if (typeof inner === 'number' && !Number.isFinite(inner)) return String(inner);
      if (inner !== null && typeof inner === 'object' && (inner as { type?: unknown }).type === 'Buffer') {
        return Buffer.from((inner as { data: number[] }).data).toString('hex');
      }
      return inner;
    },
    2,
  );
}

/** Which fields could be read and where it went wrong. */
export function formatProgress({ schema, by, fields, failed, leftOverBytes }: DecodeProgress): string[] {
  const width = Math.max(0, ...fields.map(({ path }) => path.length), failed?.path.length ?? 0);
  const line = (at: number, path: string, text: string): string =>
    `byte ${String(at).padStart(5)}  ${path.padEnd(width)}  ${text}`;
  return [
    by === 'writer'
      ? `read by the schema that it names (${schema}):`
      : `the schema that it names cannot be had; read by the pipeline's own (${schema}), which may mislead:`,
    ...fields.map(({ at, path, value }) => line(at, path, formatDecoded(value).replaceAll(/\s*\n\s*/g, ' '))),
    failed === null
      ? `all fields can be read, ${leftOverBytes} bytes are left over`
      : line(failed.at, failed.path, `← fails here: ${failed.type}: ${failed.problem}`),
  ];
}
