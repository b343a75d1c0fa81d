import {
  LIFECYCLE_EVENT_SCHEMA,
  LIFECYCLE_TOPIC,
  lifecyclePartitionOf,
  type LifecycleEvent,
  type LifecycleKind,
} from '#contracts';
import { foldRecord, NO_LIFECYCLE, NOT_SERVING, type LoopRecord } from '#domain/rollout';
import { KafkaModelCatalog, toLifecycleEvent } from '#platform/control';
import { readPartition } from '#platform/kafka';
import type { TestPipeline } from './test-pipeline.js';

/** What was decided about a pipeline's models, in the order of the log. */
export async function lifecycleOf({ kafka, codecs, name }: TestPipeline): Promise<readonly LifecycleEvent[]> {
  const decoder = codecs.decoderFor(LIFECYCLE_EVENT_SCHEMA);
  const events: LifecycleEvent[] = [];
  for await (const records of readPartition(kafka, LIFECYCLE_TOPIC, lifecyclePartitionOf(name), 0)) {
    const own = records.filter(({ key }) => key?.toString() === name);
    await decoder.prefetch(own.map(({ value }) => value!));
    for (const { value } of own) {
      const decoded = decoder.decode(value!);
      if (!decoded.ok) throw new Error(decoded.message);
      events.push(toLifecycleEvent(decoded.value));
    }
  }
  return events;
}

export function fold(pipeline: string, events: readonly LifecycleEvent[]): LoopRecord {
  return events.reduce(foldRecord, { state: NO_LIFECYCLE(pipeline), serving: NOT_SERVING(pipeline) });
}

/** What the registry holds. */
export async function registryOf({ kafka, codecs, name }: TestPipeline): Promise<
  LoopRecord & {
    /** In the order in which they were registered. */
    readonly versions: readonly string[];
  }
> {
  const catalog = new KafkaModelCatalog(kafka, codecs);
  await catalog.start();
  try {
    return {
      state: catalog.lifecycle(name) ?? NO_LIFECYCLE(name),
      serving: catalog.serving(name) ?? NOT_SERVING(name),
      versions: catalog.versions(name).map(({ version }) => version),
    };
  } finally {
    await catalog.close();
  }
}

/** What a run or rollout must have done once, and what it did, by the name of the run or rollout: only those that differ are told. */
export function doublesOf(events: readonly LifecycleEvent[]): readonly string[] {
  const once: readonly LifecycleKind[] = ['data_collected', 'model_trained', 'gates_judged', 'promoted'];
  const ends: readonly LifecycleKind[] = ['version_registered', 'candidate_rejected', 'run_failed', 'run_cancelled'];
  const told: string[] = [];
  const count = (name: string, of: readonly LifecycleEvent[], kinds: readonly LifecycleKind[]): void => {
    const found = of.filter(({ change }) => kinds.includes(change.kind)).map(({ change }) => change.kind);
    if (found.length > 1) told.push(`${name}: ${found.join(', ')}`);
  };
  for (const [run, of] of Map.groupBy(events, (event) => event.run)) {
    if (run === null) continue;
    for (const kind of once) count(run, of, [kind]);
    count(run, of, ends);
  }
  for (const [rollout, of] of Map.groupBy(events, (event) => event.rollout)) {
    if (rollout === null) continue;
    const steps = of.flatMap(({ change }) => (change.kind === 'step_entered' ? [change.step] : []));
    if (steps.some((step, at) => step !== at + 1)) told.push(`${rollout}: steps ${steps.join(', ')}`);
    count(rollout, of, ['promoted']);
    count(rollout, of, ['rolled_back', 'watch_ended', 'aborted']);
  }
  return told;
}
