import { Module } from '@nestjs/common';
import { AdmissionService } from './admission/admission.service.js';
import { ValidationWatermarks } from './admission/validation-watermarks.js';
import { EventsController } from './events.controller.js';
import { EventPublisher } from './publishing/event-publisher.js';

@Module({
  controllers: [EventsController],
  providers: [AdmissionService, EventPublisher, ValidationWatermarks],
})
export class AppModule {}
