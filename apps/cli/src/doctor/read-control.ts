import {
  APPLIED_PIPELINE_SCHEMA,
  PIPELINES_TOPIC,
  REGISTRY_ENTRY_SCHEMA,
  REGISTRY_TOPIC,
  type AppliedPipeline,
  type AvroRecordSchema,
  type Appointment,
  type ModelVersion,
  type RegistryEntry,
} from '#contracts';
import { toAppliedPipeline, toRegistryEntry } from '#platform/control';
import { LogReader } from '#platform/kafka';
import type { Kafka } from 'kafkajs';
import { controlDecoder } from './decode-control.js';

export interface Champion {
  readonly appointment: Appointment;
  /** Undefined when a version is appointed that is not on the log. */
  readonly version: ModelVersion | undefined;
}

/** What is in force, as the control topics say. */
export interface ControlFacts {
  readonly pipelines: readonly AppliedPipeline[];
  readonly champions: ReadonlyMap<string, Champion>;
  /** Keys whose last record could not be read, with their topic. */
  readonly unreadable: readonly string[];
}

/**
 * Reads the control topics that exist. It reads them by the schemas that this program knows rather than by the registry's,
 * so that a registry that is away does not hide what is wrong elsewhere; and, unlike the services, it makes and alters nothing.
 */
export async function readControl(kafka: Kafka, existing: ReadonlySet<string>): Promise<ControlFacts> {
  const reader = new LogReader(kafka);
  const unreadable = new Set<string>();
  const values = async <T>(
    topic: string,
    schema: AvroRecordSchema,
    read: (value: Record<string, unknown>) => T,
  ): Promise<readonly T[]> => {
    if (!existing.has(topic)) return [];
    const decode = controlDecoder(schema);
    const latest = new Map<string, T>();
    for await (const records of reader.read(topic, 0, 0)) {
      for (const { key, value } of records) {
        const name = key?.toString() ?? '';
        unreadable.delete(`${topic} ${name}`); // what came before is replaced by this
        try {
          if (value === null) latest.delete(name);
          else latest.set(name, read(decode(value)));
        } catch {
          unreadable.add(`${topic} ${name}`);
        }
      }
    }
    return [...latest.values()];
  };
  try {
    const pipelines = await values(PIPELINES_TOPIC, APPLIED_PIPELINE_SCHEMA, toAppliedPipeline);
    const entries = await values(REGISTRY_TOPIC, REGISTRY_ENTRY_SCHEMA, toRegistryEntry);
    const known = entries.filter((entry) => entry !== undefined);
    return { pipelines: [...pipelines].sort(byName), champions: championsIn(known), unreadable: [...unreadable] };
  } finally {
    await reader.close();
  }
}

function byName(a: AppliedPipeline, b: AppliedPipeline): number {
  return a.definition.name < b.definition.name ? -1 : 1;
}

function championsIn(entries: readonly RegistryEntry[]): ReadonlyMap<string, Champion> {
  const versions = entries.filter((entry) => entry.kind === 'version');
  return new Map(
    entries.flatMap((entry) => {
      if (entry.kind !== 'serving' || entry.champion === null) return [];
      const { pipeline, champion: appointment } = entry;
      const version = versions.find((one) => one.pipeline === pipeline && one.version === appointment.version);
      return [[pipeline, { appointment, version }] as const];
    }),
  );
}
