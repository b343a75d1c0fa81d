import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { addJsonParser } from '#platform/service';
import { MEDIA_TYPE } from './reading/read-request.js';

/** Lets a service take JSON, CloudEvents, and NDJSON, which is read line by line as it comes. */
export function addBodyParsers(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  addJsonParser(fastify, [MEDIA_TYPE.cloudEvent, MEDIA_TYPE.cloudEventBatch]);
  fastify.addContentTypeParser([...MEDIA_TYPE.ndjson], (_request, body, done) => done(null, body));
}
