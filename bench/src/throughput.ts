import avsc from 'avsc';
import { LogReader } from '#platform/kafka';
import type { Kafka } from 'kafkajs';
import { setTimeout as delay } from 'node:timers/promises';
import { PREDICTION_SCHEMA, type CardTransaction } from '../workload/src/index.js';
import { MeasuredProcess, type System } from './measured-process.js';
import { Scorer } from './scorer.js';
import type { Task } from './task.js';

export interface Throughput {
  readonly system: System;
  readonly cpuMicrosPerEvent: number;
  /** Over the middle 80 % of predictions, by the broker's append time. */
  readonly eventsPerSecond: number;
}

interface Prediction {
  readonly event_id: string;
  readonly score: number;
}

const predictionType = avsc.Type.forSchema(PREDICTION_SCHEMA as unknown as avsc.Schema);

/** Lets one system consume the whole topic, then reads its predictions back: a run that is not right does not count. */
export async function measureThroughput(
  system: System,
  task: Task,
  kafka: Kafka,
  total: number,
  oracle: Oracle,
): Promise<Throughput> {
  const child = MeasuredProcess.start(system, task);
  const reader = new LogReader(kafka);
  try {
    await untilConsumed(kafka, task, total);
    const { cpuMicros } = await child.usage();
    await child.stop();
    const eventsPerSecond = await verify(reader, task, oracle);
    return { system, cpuMicrosPerEvent: cpuMicros / total, eventsPerSecond };
  } finally {
    await child.stop();
    await reader.close();
  }
}

async function untilConsumed(kafka: Kafka, task: Task, total: number): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const deadline = Date.now() + 90_000;
    for (;;) {
      const [offsets] = await admin.fetchOffsets({ groupId: groupOf(task), topics: [task.eventsTopic] });
      const done = offsets!.partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0);
      if (done >= total) return;
      if (Date.now() > deadline) throw new Error(`only ${done} of ${total} events were consumed`);
      await delay(50);
    }
  } finally {
    await admin.disconnect();
  }
}

/** The stage's group is named as a service's; the bare loop takes the same name. */
function groupOf(task: Task): string {
  return `eddyline.${task.group}.${task.eventsTopic.replace(/\.events$/, '')}`;
}

/** What an offline scoring of the valid events gives. */
export interface Oracle {
  readonly count: number;
  readonly scoreSum: number;
}

export async function offlineScores(modelPath: string, valid: readonly CardTransaction[]): Promise<Oracle> {
  const scorer = await Scorer.load(modelPath);
  const { scores } = await scorer.score(valid);
  return { count: valid.length, scoreSum: scores.reduce((sum, score) => sum + score, 0) };
}

async function verify(reader: LogReader, task: Task, oracle: Oracle): Promise<number> {
  const ids = new Set<string>();
  const appendedAtMs: number[] = [];
  let count = 0;
  let scoreSum = 0;
  for (const { partition } of await reader.ends(task.predictionsTopic)) {
    for await (const records of reader.read(task.predictionsTopic, partition, 0)) {
      for (const { value, timestampMs } of records) {
        const { event_id, score } = predictionType.fromBuffer(value!.subarray(5)) as Prediction;
        ids.add(event_id);
        scoreSum += score;
        count++;
        appendedAtMs.push(timestampMs);
      }
    }
  }
  const problems = [
    ...(count === oracle.count ? [] : [`${count} predictions, ${oracle.count} expected`]),
    ...(ids.size === count ? [] : [`${count - ids.size} events predicted more than once`]),
    ...(Math.abs(scoreSum - oracle.scoreSum) < 1e-6 * oracle.count
      ? []
      : [`scores sum to ${scoreSum}, offline to ${oracle.scoreSum}`]),
  ];
  if (problems.length > 0) throw new Error(`the run does not count: ${problems.join('; ')}`);
  appendedAtMs.sort((a, b) => a - b);
  const from = appendedAtMs[Math.floor(count * 0.1)]!;
  const to = appendedAtMs[Math.floor(count * 0.9)]!;
  return (count * 0.8 * 1_000) / Math.max(1, to - from);
}
