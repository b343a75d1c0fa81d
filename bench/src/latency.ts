import avsc from 'avsc';
import { LogReader, type Publisher } from '#platform/kafka';
import type { Kafka } from 'kafkajs';
import { setTimeout as delay } from 'node:timers/promises';
import { isValid, PREDICTION_SCHEMA } from '../workload/src/index.js';
import { encodeEvent, PARTITIONS, timedEvents } from './events.js';
import { MeasuredProcess, type System } from './measured-process.js';
import type { Task } from './task.js';

export interface Latency {
  readonly system: System;
  /** From when an event was due to when a read-committed consumer had its prediction. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const WARM_UP_S = 5;
const predictionType = avsc.Type.forSchema(PREDICTION_SCHEMA as unknown as avsc.Schema);

/** An open loop: events are due by the clock, whether or not the ones before were answered. */
export async function measureLatency(
  system: System,
  task: Task,
  kafka: Kafka,
  publisher: Publisher,
  ratePerSecond: number,
  seconds: number,
): Promise<Latency> {
  const child = MeasuredProcess.start(system, task);
  const stop = new AbortController();
  const dueAt = new Map<string, number>();
  const latenciesMs: number[] = [];
  const consuming = Array.from({ length: PARTITIONS }, (_, partition) =>
    consume(kafka, task, partition, stop.signal, dueAt, latenciesMs),
  );
  try {
    await delay(3_000); // the group is joined, producers are connected
    const perTick = Math.max(1, Math.round(ratePerSecond / 200));
    const tickMs = (perTick * 1_000) / ratePerSecond;
    const ticks = Math.ceil(((WARM_UP_S + seconds) * 1_000) / tickMs);
    const events = timedEvents(ticks * perTick, Date.now()).filter((event) => isValid(event, Date.now()));
    const startedMs = Date.now();
    let next = 0;
    for (let tick = 0; tick < ticks && next < events.length; tick++) {
      const dueMs = startedMs + tick * tickMs;
      if (dueMs > Date.now()) await delay(dueMs - Date.now());
      const part = events.slice(next, next + perTick);
      const warm = tick * tickMs >= WARM_UP_S * 1_000;
      if (warm) for (const { event_id } of part) dueAt.set(event_id, dueMs);
      void publisher.publish(
        part.map((event, i) => encodeEvent(event, task.eventsTopic, task.eventSchemaId, next + i)),
      );
      next += perTick;
    }
    const deadline = Date.now() + 15_000;
    while (dueAt.size > 0 && Date.now() < deadline) await delay(100);
    if (dueAt.size > 0) throw new Error(`${dueAt.size} events had no prediction after 15 s`);
  } finally {
    stop.abort();
    await Promise.all(consuming);
    await child.stop();
  }
  latenciesMs.sort((a, b) => a - b);
  const quantile = (q: number): number =>
    latenciesMs[Math.min(latenciesMs.length - 1, Math.floor(q * latenciesMs.length))]!;
  return { system, p50Ms: quantile(0.5), p99Ms: quantile(0.99) };
}

async function consume(
  kafka: Kafka,
  task: Task,
  partition: number,
  signal: AbortSignal,
  dueAt: Map<string, number>,
  latenciesMs: number[],
): Promise<void> {
  const reader = new LogReader(kafka);
  try {
    for await (const records of reader.follow(task.predictionsTopic, partition, 0, signal)) {
      const nowMs = Date.now();
      for (const { value } of records) {
        const { event_id } = predictionType.fromBuffer(value!.subarray(5)) as { event_id: string };
        const dueMs = dueAt.get(event_id);
        if (dueMs !== undefined && dueAt.delete(event_id)) latenciesMs.push(nowMs - dueMs);
      }
    }
  } finally {
    await reader.close();
  }
}
