import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ApiKey } from '#platform/config';
import { Problem } from './problem.js';

/** What anyone may ask for: probes, metrics and documentation reveal no data. */
const OPEN = /^\/(?:health\/|v2\/health\/|metrics$|openapi\.json$|docs(?:\/|$))/;

const holders = new WeakMap<FastifyRequest, string>();

/** Name of the key with which the request came; undefined where no keys are configured. */
export function keyHolderOf(request: FastifyRequest): string | undefined {
  return holders.get(request);
}

/** Refuses requests without a known key before their body is read. */
export function addApiKeyGate(fastify: FastifyInstance, keys: readonly ApiKey[]): void {
  if (keys.length === 0) return;
  fastify.addHook('onRequest', async (request, reply) => {
    const [path = ''] = request.url.split('?', 1);
    if (OPEN.test(path)) return;
    const holder = holderOf(keys, presentedKey(request));
    if (holder === undefined) {
      void reply.header('www-authenticate', 'Bearer realm="eddyline"');
      throw new Problem(
        401,
        'unauthorized',
        'Send a known API key as "Authorization: Bearer <key>" or "X-Api-Key: <key>".',
      );
    }
    holders.set(request, holder);
  });
}

function presentedKey({ headers }: FastifyRequest): string | undefined {
  const bearer = /^Bearer\s+(\S+)\s*$/i.exec(headers.authorization ?? '')?.[1];
  const own = headers['x-api-key'];
  return bearer ?? (typeof own === 'string' ? own : undefined);
}

/** Compares with every key in full, so that the time taken tells nothing about them. */
export function holderOf(keys: readonly ApiKey[], presented: string | undefined): string | undefined {
  const digest = createHash('sha256')
    .update(presented ?? '')
    .digest();
  let holder: string | undefined;
  for (const { name, sha256 } of keys) {
    if (timingSafeEqual(digest, sha256)) holder = name;
  }
  return presented === undefined ? undefined : holder;
}
