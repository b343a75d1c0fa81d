import { Module } from '@nestjs/common';
import { AvroCodecs } from '#platform/avro';
import { EVENT_CODECS } from './ports.js';
import { ValidationConsumer } from './validation.consumer.js';

@Module({
  controllers: [ValidationConsumer],
  providers: [{ provide: EVENT_CODECS, useExisting: AvroCodecs }],
})
export class AppModule {}
