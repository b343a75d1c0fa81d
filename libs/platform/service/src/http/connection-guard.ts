import { metrics } from '@opentelemetry/api';
import type { FastifyInstance } from 'fastify';
import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { PROBLEM_MEDIA_TYPE, problemDetails } from './problem.js';

/** From this share of the limit on, connections that do nothing are closed for each new one. */
const CROWDED_RATIO = 0.9;
/** A body must bring so much, or its end, within the time of `progressWithinMs`, as long as it is us who wait for it. */
const PROGRESS_BYTES = 16 << 10;
const PROGRESS_WITHIN_MS = 10_000;

export interface ConnectionGuardOptions {
  readonly maxConnections: number;
  /** Default 10 s. */
  readonly progressWithinMs?: number;
}

interface Watched {
  readonly response: ServerResponse;
  bytes: number;
  sinceMs: number;
}

/**
 * Keeps connections from piling up: idle ones give way to new ones, none is made beyond the limit, and a body that hardly
 * comes is given up, since it holds its share of the budget as long as it lasts.
 */
export function addConnectionGuard(
  fastify: FastifyInstance,
  { maxConnections, progressWithinMs = PROGRESS_WITHIN_MS }: ConnectionGuardOptions,
): void {
  const server = fastify.server as Server;
  const closed = metrics.getMeter('eddyline.http').createCounter('eddyline.http.connections.closed', {
    description: 'Connections that were closed to keep memory bounded, by reason',
  });
  let open = 0;
  server.maxConnections = maxConnections;
  server.on('connection', (socket: Socket) => {
    open++;
    socket.once('close', () => open--);
    if (open > maxConnections * CROWDED_RATIO) server.closeIdleConnections();
  });
  server.on('drop', () => closed.add(1, { reason: 'too_many' }));

  const bodies = new Map<IncomingMessage, Watched>();
  fastify.addHook('onRequest', (request, reply, done) => {
    const { raw } = request;
    const { 'content-length': length, 'transfer-encoding': encoding } = raw.headers;
    if (encoding !== undefined || Number(length ?? 0) > 0) {
      bodies.set(raw, { response: reply.raw, bytes: raw.socket.bytesRead, sinceMs: performance.now() });
      raw.once('close', () => bodies.delete(raw));
    }
    done();
  });
  const watch = setInterval(() => {
    const nowMs = performance.now();
    for (const [raw, watched] of bodies) {
      const { bytesRead } = raw.socket;
      // Answered already: what is left of the body is thrown away, and the answer must not be cut.
      if (raw.complete || raw.socket.destroyed || watched.response.headersSent) bodies.delete(raw);
      // What has come and was not taken yet waits for us, not for the sender.
      else if (raw.readableLength > 0 || bytesRead - watched.bytes >= PROGRESS_BYTES) {
        watched.bytes = bytesRead;
        watched.sinceMs = nowMs;
      } else if (nowMs - watched.sinceMs > progressWithinMs) {
        bodies.delete(raw);
        closed.add(1, { reason: 'stalled' });
        refuseOnSocket(Object.assign(new Error('the body stalled'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), raw.socket);
      }
    }
  }, progressWithinMs / 10).unref();
  fastify.addHook('onClose', () => clearInterval(watch));
}

/** Answers what never became a request, or no longer is one: bytes that are not HTTP, headers too large, too slow. */
export function refuseOnSocket(error: Error & { readonly code?: string }, socket: Socket): void {
  if (socket.destroyed || error.code === 'ECONNRESET') return void socket.destroy();
  const [status, code, detail] = faultOf(error.code);
  const body = JSON.stringify(problemDetails(status, code, detail));
  // Once an answer has begun, another would only corrupt it.
  if (socket.writable && (socket as { _httpMessage?: { headersSent: boolean } })._httpMessage?.headersSent !== true) {
    socket.write(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: ${PROBLEM_MEDIA_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    );
  }
  socket.destroySoon();
}

function faultOf(code: string | undefined): readonly [number, string, string] {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return [408, 'request_timeout', 'The request took too long to come in; send it again, faster or in parts.'];
    case 'HPE_HEADER_OVERFLOW':
      return [431, 'headers_too_large', 'The headers are too large.'];
    default:
      return [400, 'invalid_http', 'The bytes are not an HTTP request.'];
  }
}
