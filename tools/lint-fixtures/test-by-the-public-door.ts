// as libs/platform/kafka/test/by-the-public-door.integration.spec.ts
import { HEADER } from '#contracts';
import { AvroCodecs } from '#platform/avro';
import { createKafka } from '#platform/kafka';
import { compileFeatures } from '#domain/features'; // ✗ @nx/enforce-module-boundaries

export const doors = [HEADER, AvroCodecs, createKafka, compileFeatures, process.env['HOME']];
