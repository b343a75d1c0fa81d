import {
  context,
  metrics,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
} from '@opentelemetry/api';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Routes that are asked many times a minute and tell nothing. */
const UNTRACED = /^\/(?:health\/|v2\/health\/|metrics|openapi\.json|docs)/;

interface Traced {
  readonly span: Span;
  readonly context: Context;
}

const traced = new WeakMap<FastifyRequest, Traced>();

export function spanOf(request: FastifyRequest): Span | undefined {
  return traced.get(request)?.span;
}

/** A SERVER span per request that continues the caller's `traceparent`, and the duration histogram of the conventions. */
export function addRequestSpans(fastify: FastifyInstance): void {
  const tracer = trace.getTracer('eddyline.http');
  const duration = metrics.getMeter('eddyline.http').createHistogram('http.server.request.duration', {
    unit: 's',
    description: 'Time to answer a request',
    advice: { explicitBucketBoundaries: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] },
  });
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (UNTRACED.test(request.url)) return done();
    const [path = '', query] = request.url.split('?', 2);
    const parent = propagation.extract(ROOT_CONTEXT, request.headers);
    const route = request.routeOptions.url;
    const span = tracer.startSpan(
      route === undefined ? request.method : `${request.method} ${route}`,
      {
        kind: SpanKind.SERVER,
        attributes: {
          'http.request.method': request.method,
          'url.path': path,
          'url.scheme': request.protocol,
          'server.address': request.hostname,
          ...(route === undefined ? {} : { 'http.route': route }),
          ...(query === undefined ? {} : { 'url.query': query }),
        },
      },
      parent,
    );
    const own = trace.setSpan(parent, span);
    traced.set(request, { span, context: own });
    context.with(own, done);
  });
  // Reading the body leaves the asynchronous context of the first hook; enter it again for the handler.
  fastify.addHook('preHandler', (request, _reply, done) => {
    const known = traced.get(request);
    if (known === undefined) return done();
    context.with(known.context, done);
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const known = traced.get(request);
    if (known !== undefined) {
      const { statusCode } = reply;
      known.span.setAttribute('http.response.status_code', statusCode);
      if (statusCode >= 500) known.span.setStatus({ code: SpanStatusCode.ERROR });
      known.span.end();
      duration.record(reply.elapsedTime / 1e3, {
        'http.request.method': request.method,
        'http.route': request.routeOptions.url ?? 'none',
        'http.response.status_code': statusCode,
      });
    }
    done();
  });
}
