import type { PipelineDefinition } from '#contracts';
import type { DecoderFactory } from '#platform/kafka';

/** What the value of a quarantined record says when it is read as the pipeline's event, or why it cannot be. */
export type ValueAttempt =
  | { readonly ok: true; readonly value: Record<string, unknown>; readonly schemaId: number }
  | { readonly ok: false; readonly reason: string; readonly message: string };

export async function readAsEvent(
  value: Buffer | null,
  definition: PipelineDefinition,
  codecs: DecoderFactory,
): Promise<ValueAttempt> {
  const decoder = codecs.decoderFor(definition.event.schema);
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
