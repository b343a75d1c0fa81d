import { FastifyAdapter } from '@nestjs/platform-fastify';

/** Fastify under Nest; errors reach the exception filter as Fastify threw them, with their codes. */
export class ServiceHttpAdapter extends FastifyAdapter {
  constructor({ bodyLimitBytes }: { readonly bodyLimitBytes: number }) {
    super({
      bodyLimit: bodyLimitBytes,
      forceCloseConnections: 'idle',
      return503OnClosing: true,
      routerOptions: { maxParamLength: 512 },
    });
  }

  override mapException(error: unknown): unknown {
    return error;
  }
}
