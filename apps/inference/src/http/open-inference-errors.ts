import type { FastifyInstance } from 'fastify';
import { PROBLEM_MEDIA_TYPE } from '#platform/service';

/**
 * The Open Inference Protocol has its own shape of errors, `{ "error": "…" }`. Whatever goes wrong below `/v2`, also
 * before a controller is reached (JSON syntax, API key, unknown path), is told in it.
 */
export function speakOpenInferenceErrors(fastify: FastifyInstance): void {
  fastify.addHook('onSend', async (request, reply, payload) => {
    const type = String(reply.getHeader('content-type') ?? '');
    if (!/^\/v2(?:[/?]|$)/.test(request.url) || !type.startsWith(PROBLEM_MEDIA_TYPE) || typeof payload !== 'string') {
      return payload;
    }
    const { detail } = JSON.parse(payload) as { readonly detail: string };
    const body = JSON.stringify({ error: detail });
    void reply.type('application/json; charset=utf-8').header('content-length', Buffer.byteLength(body));
    return body;
  });
}
