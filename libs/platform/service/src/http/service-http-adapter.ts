import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyServerOptions } from 'fastify';
import { refuseOnSocket } from './connection-guard.js';

/** Headers come in one packet or a few; who needs longer keeps a connection busy for nothing. */
const HEADERS_TIMEOUT_MS = 10_000;
/** How often Node looks for requests that took too long. */
const CHECKING_INTERVAL_MS = 2_000;

export interface HttpAdapterOptions {
  readonly bodyLimitBytes: number;
  /** How long a request may take to come in, body and all. */
  readonly requestTimeoutMs: number;
}

/** Fastify under Nest; errors reach the exception filter as Fastify threw them, with their codes. */
export class ServiceHttpAdapter extends FastifyAdapter {
  constructor({ bodyLimitBytes, requestTimeoutMs }: HttpAdapterOptions) {
    const options: FastifyServerOptions & { readonly http: object } = {
      bodyLimit: bodyLimitBytes,
      forceCloseConnections: 'idle',
      return503OnClosing: true,
      routerOptions: { maxParamLength: 512 },
      requestTimeout: requestTimeoutMs,
      clientErrorHandler: refuseOnSocket,
      http: {
        headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs),
        connectionsCheckingInterval: CHECKING_INTERVAL_MS,
        requestTimeout: requestTimeoutMs,
      },
    };
    super(options);
  }

  override mapException(error: unknown): unknown {
    return error;
  }
}
