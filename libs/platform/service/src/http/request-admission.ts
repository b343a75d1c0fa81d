import { metrics } from '@opentelemetry/api';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { IncomingMessage, Server } from 'node:http';
import { Transform, type Readable } from 'node:stream';
import { InFlightBudget, type FullReason, type InFlightLimits } from './in-flight-budget.js';
import { Problem } from './problem.js';
import { retryAfterSeconds } from './retry-after.js';

export interface AdmissionOptions extends InFlightLimits {
  /** Larger bodies are refused unread, by their length, so they count nothing. */
  readonly bodyLimitBytes: number;
}

/** What a request may hold in memory. */
export interface RequestRoom {
  /**
   * Counts `bytes` in all for the request, where that is more than it counts already: call it before you hold more than
   * its body, e.g. an answer that grows.
   * @throws Problem 429 when there is no room; what was counted before still is
   */
  hold(bytes: number): void;
}

interface Admitted extends RequestRoom {
  release(): void;
}

const admitted = new WeakMap<FastifyRequest, Admitted>();
/** Senders that wait for `100 Continue` before they send their body. */
const expectant = new WeakSet<IncomingMessage>();

/** @throws Error for GET and HEAD, which are not counted */
export function roomOf(request: FastifyRequest): RequestRoom {
  const room = admitted.get(request);
  if (room === undefined) throw new Error(`${request.method} ${request.url} was not admitted, so it may hold nothing.`);
  return room;
}

/**
 * Admits requests to the process, or refuses them with 429 and `Retry-After` before a byte of their body is read. A body of
 * known length counts in full at once, a chunked one as it comes; it counts until its answer is sent and its handler is
 * done, since a handler whose caller went away still holds what it was given. GET and HEAD (probes, metrics, documentation)
 * are never refused.
 */
export function addRequestAdmission(fastify: FastifyInstance, options: AdmissionOptions): void {
  const budget = new InFlightBudget(options, () => performance.now());
  const meter = metrics.getMeter('eddyline.http');
  const shed = meter.createCounter('eddyline.http.shed', {
    description: 'Requests that were refused to keep memory bounded, by the bound that they would have broken',
  });
  meter
    .createObservableGauge('eddyline.http.in_flight', { unit: 'By', description: 'Bytes that requests under way hold' })
    .addCallback((result) => result.observe(budget.bytes));
  meter
    .createObservableGauge('eddyline.http.requests', { description: 'Requests under way' })
    .addCallback((result) => result.observe(budget.requests));

  const tooMuch = (reason: FullReason): Problem => {
    shed.add(1, { reason });
    const held = reason === 'bytes' ? `${budget.bytes} bytes` : `${budget.requests} requests`;
    const limit = reason === 'bytes' ? `${options.maxBytes} bytes (EDDYLINE_MAX_IN_FLIGHT)` : `${options.maxRequests} requests (EDDYLINE_MAX_IN_FLIGHT_REQUESTS)`; // prettier-ignore
    return new Problem(429, 'overloaded', `${held} are under way, the limit is ${limit}; come again later.`, {
      retryAfterSeconds: retryAfterSeconds(budget.bytes, budget.drainedBytesPerSecond(), Math.random()),
      extensions: { bound: reason },
    });
  };

  (fastify.server as Server).on('checkContinue', (request, response) => {
    expectant.add(request);
    fastify.server.emit('request', request, response);
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      const length = Number(request.headers['content-length'] ?? 0);
      const lease = budget.admit(length <= options.bodyLimitBytes ? length : 0);
      if (typeof lease === 'string') return done(tooMuch(lease));
      const hold = (bytes: number): void => {
        if (!lease.atLeast(bytes)) throw tooMuch('bytes');
      };
      admitted.set(request, { hold, release: lease.release });
      reply.raw.once('close', () => letGo(request));
    }
    if (expectant.has(request.raw)) reply.raw.writeContinue();
    done();
  });
  fastify.addHook('preParsing', (request, _reply, payload, done) => {
    const room = admitted.get(request);
    const chunked = request.headers['transfer-encoding'] !== undefined;
    done(null, room === undefined || !chunked ? payload : counted(payload as Readable, room));
  });
  // Both must have come: the answer of the handler, and the end of the response, in either order.
  const ended = new WeakSet<FastifyRequest>();
  const letGo = (request: FastifyRequest): void => {
    if (ended.has(request)) admitted.get(request)?.release();
    ended.add(request);
  };
  fastify.addHook('onSend', (request, _reply, _payload, done) => {
    letGo(request);
    done();
  });
}

/** The body, each chunk counted before it is passed on. Fails with the Problem when there is no room for one. */
function counted(body: Readable, room: RequestRoom): Readable {
  let received = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      received += chunk.length;
      try {
        room.hold(received);
      } catch (error) {
        body.unpipe(counter);
        return callback(error as Error);
      }
      callback(null, chunk);
    },
  });
  // Not `pipeline`: it would destroy the body with the counter, and with it the connection before the answer is sent.
  body.once('error', (error) => counter.destroy(error));
  body.once('close', () => {
    if (!body.readableEnded) counter.destroy(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
  });
  return body.pipe(counter);
}
