import { metrics } from '@opentelemetry/api';
import type { ProblemDetails } from '#platform/service';

const events = metrics.getMeter('eddyline.ingestion').createCounter('eddyline.ingestion.events', {
  description: 'Events that came through the door, by what became of them',
});

export function countEvent(pipeline: string, problem: ProblemDetails | null): void {
  const reason = problem?.type.slice(problem.type.lastIndexOf(':') + 1);
  events.add(1, {
    pipeline,
    outcome: problem === null ? 'accepted' : 'refused',
    ...(reason === undefined ? {} : { reason }),
  });
}
