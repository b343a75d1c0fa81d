import { Module } from '@nestjs/common';
import { PipelinesInForce } from '#platform/http-publishing';
import { AdmissionService } from './admission/admission.service.js';
import { ValidationWatermarks } from './admission/validation-watermarks.js';
import { EventsController } from './events.controller.js';
import { IngestionMetrics } from './ingestion-metrics.js';

@Module({
  controllers: [EventsController],
  providers: [AdmissionService, IngestionMetrics, PipelinesInForce, ValidationWatermarks],
})
export class AppModule {}
