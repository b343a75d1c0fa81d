import { Module } from '@nestjs/common';
import { AdmissionService } from './admission/admission.service.js';
import { ValidationWatermarks } from './admission/validation-watermarks.js';
import { EventsController } from './events.controller.js';
import { IngestionMetrics } from './ingestion-metrics.js';
import { EventPublisher } from './publishing/event-publisher.js';

@Module({
  controllers: [EventsController],
  providers: [AdmissionService, EventPublisher, IngestionMetrics, ValidationWatermarks],
})
export class AppModule {}
