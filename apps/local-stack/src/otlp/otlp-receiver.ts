import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { abandon, BodyTooLarge, close, listen, readBody } from '../http-server.js';
import { spanRows, type SpanRows } from './span-rows.js';
import {
  decodeTraceRequest,
  encodeStatus,
  encodeTraceResponse,
  MalformedTraceRequest,
  type OtlpEncoding,
} from './trace-codec.js';

const BODY_LIMIT_BYTES = 16 * 1024 * 1024;
/** What a sender of many retriable 503 should wait. */
const RETRY_AFTER_S = 1;

/** Codes of google.rpc.Code. */
const INVALID_ARGUMENT = 3;
const RESOURCE_EXHAUSTED = 8;
const UNIMPLEMENTED = 12;
const INTERNAL = 13;
const UNAVAILABLE = 14;

/** Where spans go; answers false when it can take no more now. */
export interface SpanSink {
  offer(rows: SpanRows['rows'], sizeBytes: number): boolean;
}

class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/** OTLP over HTTP on the loopback interface: traces are stored, metrics and logs are taken and dropped. */
export class OtlpReceiver {
  private constructor(private readonly server: Server) {}

  static async start(sink: SpanSink, port: number): Promise<OtlpReceiver> {
    return new OtlpReceiver(
      await listen(port, (request, response) => {
        void respond(sink, request, response);
      }),
    );
  }

  close(): Promise<void> {
    return close(this.server);
  }

  /** Cuts every connection off, as the death of a process would. */
  abandon(): Promise<void> {
    return abandon(this.server);
  }
}

async function respond(sink: SpanSink, request: IncomingMessage, response: ServerResponse): Promise<void> {
  // Errors are told in the encoding of the request, and in JSON to those who speak neither.
  const encoding = encodingOf(request) ?? 'application/json';
  try {
    const body = await answer(sink, request);
    send(response, 200, encoding, body);
  } catch (error) {
    const { status, code, message } = refusalOf(error);
    send(response, status, encoding, encodeStatus(code, message, encoding));
  }
}

async function answer(sink: SpanSink, request: IncomingMessage): Promise<Buffer> {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname;
  if (!['/v1/traces', '/v1/metrics', '/v1/logs'].includes(path)) {
    throw new Refused(404, UNIMPLEMENTED, 'this is an OTLP/HTTP receiver: POST /v1/traces');
  }
  if (request.method !== 'POST') throw new Refused(405, UNIMPLEMENTED, `POST ${path}`);
  const encoding = encodingOf(request);
  if (!encoding) throw new Refused(415, INVALID_ARGUMENT, 'content-type is application/x-protobuf or application/json');
  const { body, sizeBytes } = await bodyOf(request);
  if (path !== '/v1/traces') return encodeTraceResponse(0, encoding); // an empty response is the same for all three
  const { rows, rejectedSpans } = rowsOf(body, encoding);
  if (!sink.offer(rows, sizeBytes)) {
    throw new Refused(503, UNAVAILABLE, 'ClickHouse does not keep up; send again later');
  }
  return encodeTraceResponse(rejectedSpans, encoding);
}

function encodingOf(request: IncomingMessage): OtlpEncoding | undefined {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  return type === 'application/x-protobuf' || type === 'application/json' ? type : undefined;
}

async function bodyOf(request: IncomingMessage): Promise<{ body: Buffer; sizeBytes: number }> {
  const sent = await readBody(request, BODY_LIMIT_BYTES);
  const coding = request.headers['content-encoding'] ?? 'identity';
  if (coding === 'identity') return { body: sent, sizeBytes: sent.length };
  if (coding !== 'gzip') throw new Refused(415, INVALID_ARGUMENT, `content-encoding ${coding}; gzip or none is read`);
  try {
    const body = await promisify(gunzip)(sent, { maxOutputLength: BODY_LIMIT_BYTES });
    return { body, sizeBytes: body.length };
  } catch (error) {
    if (error instanceof RangeError) throw new BodyTooLarge(`the body unpacks to over ${BODY_LIMIT_BYTES} bytes`);
    throw new Refused(400, INVALID_ARGUMENT, 'the body is not gzip');
  }
}

function rowsOf(body: Buffer, encoding: OtlpEncoding): SpanRows {
  try {
    return spanRows(decodeTraceRequest(body, encoding));
  } catch (error) {
    if (isMalformed(error)) {
      throw new Refused(400, INVALID_ARGUMENT, error.message);
    }
    throw error;
  }
}

/** BigInt() throws a SyntaxError or a RangeError at a time that is no whole number; a list that is none is a TypeError. */
function isMalformed(error: unknown): error is Error {
  return [MalformedTraceRequest, SyntaxError, RangeError, TypeError].some((kind) => error instanceof kind);
}

function refusalOf(error: unknown): Refused {
  if (error instanceof Refused) return error;
  if (error instanceof BodyTooLarge) return new Refused(413, RESOURCE_EXHAUSTED, error.message);
  process.stderr.write(`OTLP receiver: ${error instanceof Error ? error.stack : String(error)}\n`);
  return new Refused(500, INTERNAL, 'internal error');
}

function send(response: ServerResponse, status: number, encoding: OtlpEncoding, body: Buffer): void {
  const retryAfter = status === 503 ? { 'retry-after': String(RETRY_AFTER_S) } : {};
  response.writeHead(status, { 'content-type': encoding, 'content-length': body.length, ...retryAfter });
  response.end(body);
}
