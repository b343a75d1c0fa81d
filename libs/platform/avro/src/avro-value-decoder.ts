import type avsc from 'avsc';
import type { QuarantineReason } from '#contracts';
import type { DecodedValue, ValueDecoder } from '#platform/kafka';
import { PRECISION_LOSS } from './exact-long.js';
import { findMissingField } from './schema-mismatch.js';
import { findUnsafeLong } from './unsafe-long.js';
import { explainNotAvro, schemaIdOf, WIRE_HEADER_BYTES } from './wire-format.js';
import type { WriterSchemas } from './writer-schemas.js';

type Refusal = Extract<DecodedValue, { ok: false }>;
/** How values under one writer schema id are read. A resolver also where writer and reader are the same: avsc reads faster by one. */
type Reading =
  | {
      readonly ok: true;
      readonly writer: avsc.Type;
      readonly resolver: ReturnType<avsc.Type['createResolver']>;
    }
  | Refusal;

/** Rebuilt from the writer schemas at no great cost, so simply emptied when full. */
const MAX_READINGS = 4_096;

/** Decodes wire-format values as one reader schema. Safe to share between partitions. */
export class AvroValueDecoder implements ValueDecoder {
  private readonly readings = new Map<number, Reading>();

  constructor(
    private readonly reader: avsc.Type,
    private readonly writers: WriterSchemas,
  ) {}

  /** @throws Retriable('registry_unreachable') when an id is new and the registry is away */
  async prefetch(values: readonly (Buffer | null)[]): Promise<void> {
    let wanted: Set<number> | undefined;
    let previous = -1;
    for (const value of values) {
      const id = schemaIdOf(value);
      if (id === previous) continue;
      previous = id;
      if (id >= 0 && !this.readings.has(id)) (wanted ??= new Set()).add(id);
    }
    if (wanted !== undefined) await this.writers.load(wanted);
  }

  decode(value: Buffer | null): DecodedValue {
    if (value === null || value.length === 0) {
      return refuse(
        'empty_value',
        'the record has no value; an event needs one (a tombstone means nothing on this topic)',
      );
    }
    if (value.length < WIRE_HEADER_BYTES || value[0] !== 0) return refuse('not_avro', explainNotAvro(value));
    const schemaId = value.readInt32BE(1);
    const reading = this.readings.get(schemaId) ?? this.readingOf(schemaId);
    if (!reading.ok) return reading;
    try {
      const decoded = this.reader.decode(value, WIRE_HEADER_BYTES, reading.resolver);
      if (decoded.offset === value.length) return { ok: true, value: decoded.value, schemaId };
      return refuseLength(value, schemaId, decoded.offset);
    } catch (error) {
      return explainFailure(error as Error, reading.writer, value, schemaId);
    }
  }

  private readingOf(id: number): Reading {
    const writer = id < 0 ? NEVER_ISSUED : this.writers.get(id);
    if (writer === undefined) throw new Error(`schema ${id} was not prefetched`);
    if (writer.kind === 'unknown') {
      // Not kept: a producer may register it yet.
      return refuse(
        'unknown_schema',
        `schema id ${id} is not in the registry; the producer used another registry, or the bytes only happen to begin with 0x00`,
      );
    }
    const reading =
      writer.kind === 'unreadable' ? refuse('incompatible_schema', writer.problem) : this.resolve(id, writer.type);
    if (this.readings.size >= MAX_READINGS) this.readings.clear();
    this.readings.set(id, reading);
    return reading;
  }

  private resolve(id: number, writer: avsc.Type): Reading {
    const { reader } = this;
    try {
      // By the specification records match by their unqualified name.
      return { ok: true, writer, resolver: reader.createResolver(writer, { ignoreNamespaces: true }) };
    } catch (error) {
      const missing = findMissingField(reader, writer);
      if (missing !== undefined) {
        return refuse(
          'missing_field',
          `schema ${id} has no field "${missing}", which the pipeline's schema needs (it has no default there)`,
        );
      }
      return refuse(
        'incompatible_schema',
        `schema ${id} (${writer.name ?? writer.typeName}) cannot be read as ${reader.name ?? reader.typeName}: ${(error as Error).message.slice(0, 300)}`,
      );
    }
  }
}

const NEVER_ISSUED = { kind: 'unknown' } as const;

function refuse(reason: QuarantineReason, message: string): Refusal {
  return { ok: false, reason, message };
}

function refuseLength(value: Buffer, schemaId: number, offset: number): Refusal {
  return offset < 0
    ? refuse(
        'truncated',
        `the Avro body of ${value.length - WIRE_HEADER_BYTES} bytes ends before schema ${schemaId} does`,
      )
    : refuse(
        'truncated',
        `the Avro body has ${value.length - offset} bytes left over after schema ${schemaId} was read`,
      );
}

function explainFailure(error: Error, writer: avsc.Type, value: Buffer, schemaId: number): Refusal {
  if (error.message === PRECISION_LOSS) {
    const found = findUnsafeLong(writer, value, WIRE_HEADER_BYTES);
    const where = found === undefined ? 'a long' : `field "${found.path}" holds the long ${found.long}, which`;
    return refuse('type', `${where} is beyond ±(2^53 - 2), the largest that is kept exactly; send it as a string`);
  }
  // Garbage after a good header: invalid union or enum indices, lengths that point outside the value.
  return refuse('truncated', `the Avro body does not follow schema ${schemaId}: ${error.message.slice(0, 200)}`);
}
