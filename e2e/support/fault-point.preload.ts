// Loaded by `--import` into a service's process, ahead of the service. Which fault, where and when stands in the query of
// its own URL: services take their environment apart strictly, and children would inherit it.
import { channel } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';
import type { ClientRequest } from 'node:http';
import type { DurableStepReached } from '#platform/kafka';
import type { FaultHit, FaultSignal, FaultStep } from './fault-points.js';

const query = new URL(import.meta.url).searchParams;
const step = query.get('step') as FaultStep | 'every';
const arrival = Number(query.get('arrival'));
const signal = query.get('signal') as FaultSignal;
const report = query.get('report')!;
const topicSuffix = query.get('topicSuffix') ?? '';

const alone = query.get('alone') === 'true';

let arrivals = 0;
/** Partitions of which this process has begun a range and not yet written it. */
const underWay = new Set<string>();

function arrive(at: FaultStep, topic: string, where: string): void {
  if (!topic.endsWith(topicSuffix) || (at !== step && step !== 'every')) return;
  if (alone && underWay.size > (underWay.has(where) ? 1 : 0)) return;
  arrivals++;
  if (step !== 'every' && arrivals !== arrival) return;
  const hit: FaultHit = { pid: process.pid, step: at, arrival: arrivals, signal, where };
  appendFileSync(report, `${JSON.stringify(hit)}\n`); // synchronously: there may be no later
  if (signal !== 'none') process.kill(process.pid, signal);
}

// The name of DURABLE_STEPS_CHANNEL: loading the transport here would load it ahead of the telemetry.
channel('eddyline.durable-steps').subscribe((message) => {
  const { step: at, topic, partition } = message as DurableStepReached;
  const where = `${topic}/${partition}`;
  if (at === 'intent_committed') underWay.add(where);
  if (at === 'written') underWay.delete(where);
  arrive(at, topic, where);
});

function onInsert(at: FaultStep): (message: unknown) => void {
  return (message) => {
    const { request } = message as { request: ClientRequest };
    const { searchParams } = new URL(request.path, 'http://clickhouse');
    if (!searchParams.get('query')?.startsWith('INSERT INTO ')) return;
    const [, topic = '', partition] =
      /^(.*)-(\d+)-\d+-\d+$/.exec(searchParams.get('insert_deduplication_token') ?? '') ?? [];
    arrive(at, topic, `${topic}/${partition}`);
  };
}

channel('http.client.request.start').subscribe(onInsert('insert_sent'));
channel('http.client.response.finish').subscribe(onInsert('insert_answered'));
