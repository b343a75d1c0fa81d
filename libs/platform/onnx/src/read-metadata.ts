const text = new TextDecoder();

/**
 * `metadata_props` of an ONNX file (ONNX Runtime does not hand them out in Node). Skips everything else, so a large
 * model costs little. Throws a RangeError when the bytes are not a protobuf message.
 */
export function readModelMetadata(model: Uint8Array): Readonly<Record<string, string>> {
  const metadata: Record<string, string> = {};
  for (const field of fieldsOf(model)) {
    if (field.number !== 14 || field.bytes === null) continue;
    let key = '';
    let value = '';
    for (const part of fieldsOf(field.bytes)) {
      if (part.bytes === null) continue;
      if (part.number === 1) key = text.decode(part.bytes);
      if (part.number === 2) value = text.decode(part.bytes);
    }
    metadata[key] = value;
  }
  return metadata;
}

interface Field {
  readonly number: number;
  /** Null for fields that are not length-delimited. */
  readonly bytes: Uint8Array | null;
}

function* fieldsOf(message: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; at < message.length; factor *= 128) {
      const byte = message[at++]!;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    throw new RangeError('not an ONNX file: a protobuf number runs over the end');
  };
  while (at < message.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    let bytes: Uint8Array | null = null;
    switch (tag % 8) {
      case 0:
        varint();
        break;
      case 1:
        at += 8;
        break;
      case 2: {
        const length = varint();
        bytes = message.subarray(at, at + length);
        at += length;
        break;
      }
      case 5:
        at += 4;
        break;
      default:
        throw new RangeError(`not an ONNX file: protobuf wire type ${tag % 8} at byte ${at}`);
    }
    if (at > message.length) throw new RangeError('not an ONNX file: a protobuf field runs over the end');
    yield { number, bytes };
  }
}
