import { Injectable } from '@nestjs/common';
import { metrics } from '@opentelemetry/api';
import type { ProblemDetails } from '#platform/service';

/** Counts events by what became of them. */
@Injectable()
export class IngestionMetrics {
  private readonly events = metrics.getMeter('eddyline.ingestion').createCounter('eddyline.ingestion.events', {
    description: 'Events that came through the door, by what became of them',
  });

  /** @param problem null: accepted */
  count(pipeline: string, problem: ProblemDetails | null): void {
    if (problem === null) this.events.add(1, { pipeline, outcome: 'accepted' });
    else
      this.events.add(1, {
        pipeline,
        outcome: 'refused',
        reason: problem.type.slice(problem.type.lastIndexOf(':') + 1),
      });
  }
}
