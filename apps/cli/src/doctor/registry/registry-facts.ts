import type { AppliedPipeline } from '#contracts';
import type { CompatibilityLevel, SchemaRegistryClient, SubjectVersion } from '#platform/avro';
import { pipelineSubjects, type SubjectSpec } from '../../apply/pipeline-subjects.js';
import { attempt, type Attempt } from '../attempt.js';
import type { ClockReading } from '../judge-clock.js';

export interface RegistryFacts {
  /** Undefined when it answers, but not as a registry does. */
  readonly subjects: readonly string[] | undefined;
  /** By the Date header of its answers, which tells seconds. */
  readonly clock: ClockReading | null;
}

export interface SubjectFacts {
  readonly spec: SubjectSpec;
  /** Under which values are written. */
  readonly idInForce: number;
  readonly latest: SubjectVersion | undefined;
  /** The version that is the schema in force. */
  readonly inForce: SubjectVersion | undefined;
  readonly level: CompatibilityLevel;
}

export async function readRegistry(url: string, client: SchemaRegistryClient): Promise<RegistryFacts> {
  const [subjects, clock] = await Promise.all([client.subjects(), readClock(url)]);
  return { subjects: Array.isArray(subjects) ? subjects : undefined, clock };
}

export function readSubjects(
  client: SchemaRegistryClient,
  applied: AppliedPipeline,
  deadlineMs: number,
): Promise<readonly { readonly subject: string; readonly facts: Attempt<SubjectFacts> }[]> {
  return Promise.all(
    pipelineSubjects(applied.definition).map(async (spec) => ({
      subject: spec.subject,
      facts: await attempt(deadlineMs, async (): Promise<SubjectFacts> => {
        const [latest, inForce, level] = await Promise.all([
          client.latest(spec.subject),
          client.lookup(spec.subject, spec.schema),
          client.compatibility(spec.subject),
        ]);
        return { spec, idInForce: applied.schemaIds[spec.role] ?? 0, latest, inForce, level };
      }),
    })),
  );
}

async function readClock(urls: string): Promise<ClockReading | null> {
  const url = new URL(urls.split(',')[0]!.trim());
  url.username = '';
  url.password = '';
  const began = Date.now();
  const date = await fetch(url, { signal: AbortSignal.timeout(3_000) }).then(
    ({ headers }) => headers.get('date'),
    () => null,
  );
  const ended = Date.now();
  const saidMs = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(saidMs)) return null;
  // The header leaves the fraction of a second out.
  return { aheadMs: Math.round(saidMs + 500 - (began + ended) / 2), uncertainMs: 500 + (ended - began) / 2 };
}
