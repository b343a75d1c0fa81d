import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import type { TraceRequest } from './trace-request.js';

const { root } = protobuf.parse(readFileSync(join(import.meta.dirname, 'trace-service.proto'), 'utf8'));
const REQUEST = root.lookupType('eddyline.otlp.ExportTraceServiceRequest');
const RESPONSE = root.lookupType('eddyline.otlp.ExportTraceServiceResponse');
const STATUS = root.lookupType('eddyline.otlp.RpcStatus');

/** The two encodings of OTLP over HTTP, by their content type. */
export type OtlpEncoding = 'application/x-protobuf' | 'application/json';

/** Thrown when a body is not an OTLP trace request. */
export class MalformedTraceRequest extends Error {
  override readonly name = 'MalformedTraceRequest';
}

/** @throws MalformedTraceRequest */
export function decodeTraceRequest(body: Buffer, encoding: OtlpEncoding): TraceRequest {
  try {
    if (encoding === 'application/x-protobuf') {
      // Text for 64-bit numbers: nanoseconds since 1970 do not fit a JavaScript number.
      return REQUEST.toObject(REQUEST.decode(body), { longs: String }) as TraceRequest;
    }
    const json: unknown = JSON.parse(body.toString());
    if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new TypeError('not a JSON object');
    return json;
  } catch (cause) {
    throw new MalformedTraceRequest(
      `not an OTLP trace request: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
      },
    );
  }
}

/** Body of a success; says how many spans were refused, if any. */
export function encodeTraceResponse(rejectedSpans: number, encoding: OtlpEncoding): Buffer {
  const partialSuccess = { rejectedSpans, errorMessage: 'spans without a valid trace id and span id' };
  const response = rejectedSpans === 0 ? {} : { partialSuccess };
  if (encoding === 'application/json') return Buffer.from(JSON.stringify(response));
  return Buffer.from(RESPONSE.encode(RESPONSE.fromObject(response)).finish());
}

/** Body of a refusal. @param code of google.rpc.Code */
export function encodeStatus(code: number, message: string, encoding: OtlpEncoding): Buffer {
  if (encoding === 'application/json') return Buffer.from(JSON.stringify({ code, message }));
  return Buffer.from(STATUS.encode(STATUS.fromObject({ code, message })).finish());
}
