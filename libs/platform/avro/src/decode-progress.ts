import avsc from 'avsc';
import { WIRE_HEADER_BYTES } from './wire-format.js';

/** How far a value can be read, for a person who wants to know what is wrong with it. */
export interface DecodeProgress {
  /** Name of the schema by which it was read. */
  readonly schema: string;
  /** Whose schema: the one that the value names, or the pipeline's because the registry does not know that one. */
  readonly by: 'writer' | 'reader';
  /** The fields before the failure, in the schema's order; those of records within records by their path. */
  readonly fields: readonly { readonly path: string; readonly at: number; readonly value: unknown }[];
  /** The first field that cannot be read; null when all can. `at`: the byte of the value at which it begins. */
  readonly failed: {
    readonly path: string;
    readonly type: string;
    readonly at: number;
    readonly problem: string;
  } | null;
  /** Bytes behind the last field, when all can be read. */
  readonly leftOverBytes: number;
}

/** Reads a value in wire format field by field until it goes wrong. Slow; never throws. */
export function decodeProgress(type: avsc.Type, by: DecodeProgress['by'], value: Buffer): DecodeProgress {
  const fields: { path: string; at: number; value: unknown }[] = [];
  let failed: DecodeProgress['failed'] = null;

  /** The byte after what was read; -1 once something failed. */
  const walk = (part: avsc.Type, path: string, at: number): number => {
    if (part instanceof avsc.types.RecordType) {
      let next = at;
      for (const field of part.fields) {
        next = walk(field.type, path === '' ? field.name : `${path}.${field.name}`, next);
        if (next < 0) return next;
      }
      return next;
    }
    let problem = `the value ends within it, ${Math.max(0, value.length - at)} bytes after its beginning`;
    try {
      const read = part.decode(value, at);
      if (read.offset >= 0) {
        fields.push({ path, at, value: read.value });
        return read.offset;
      }
    } catch (error) {
      problem = (error as Error).message.slice(0, 200);
    }
    failed = { path, type: nameOf(part), at, problem };
    return -1;
  };

  const end = walk(type, '', WIRE_HEADER_BYTES);
  return { schema: nameOf(type), by, fields, failed, leftOverBytes: end < 0 ? 0 : value.length - end };
}

function nameOf(type: avsc.Type): string {
  if (type.name !== undefined) return type.name;
  const schema = type.schema({ noDeref: true });
  return typeof schema === 'string' ? schema : JSON.stringify(schema).slice(0, 120);
}
