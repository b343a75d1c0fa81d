import { SchemaRegistryClient } from '#platform/avro';
import { createKafka, ensureTopics, Publisher } from '#platform/kafka';
import { writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchExplaining } from './explaining/src/explaining-bench.js';
import { benchMonitors } from './monitors/src/monitors-bench.js';
import { benchOutcomes } from './outcomes/src/outcomes-bench.js';
import { benchRollouts } from './rollouts/src/rollouts-bench.js';
import { benchTraining } from './training/src/training-bench.js';
import { benchModel, EVENT_SCHEMA, EVENTS, PREDICTION_SCHEMA } from './workload/src/index.js';
import { PARTITIONS, publishEvents } from './src/events.js';
import { measureLatency, type Latency } from './src/latency.js';
import { startLocalKafka } from './src/local-kafka.js';
import type { System } from './src/measured-process.js';
import { formatReport, summarise } from './src/report.js';
import { measureThroughput, offlineScores, type Throughput } from './src/throughput.js';
import type { Task } from './src/task.js';

const HELP = `npm run bench -- [--events 200000] [--rounds 3] [--rate 1000] [--seconds 20] [--json]
                 [--brokers host:port,… --registry url]   a cluster of your own instead of the local one

One exactly-once stage (consume, decode, check, score, produce, offsets in the transaction), done by a bare kafkajs loop
and by a batch handler on Eddyline's transport, in turn, against the same broker. Predictions of every run are read back
and must be complete, distinct and equal to an offline scoring.

npm run bench -- explaining --help what explanations cost beside LightGBM
npm run bench -- monitors --help   what the monitors of a window cost
npm run bench -- outcomes --help   what analysts pay for one row per event
npm run bench -- rollouts --help   how often guards are wrong, and how soon they are right
npm run bench -- training --help   what training costs beside LightGBM
`;

const APPENDED: Record<string, string> = { 'message.timestamp.type': 'LogAppendTime' };
const SYSTEMS: readonly System[] = ['bare-loop', 'eddyline-stage'];

const [what, ...rest] = process.argv.slice(2);
const { values: options } = parseArgs({
  args:
    what === 'explaining' || what === 'monitors' || what === 'outcomes' || what === 'rollouts' || what === 'training'
      ? []
      : process.argv.slice(2),
  options: {
    events: { type: 'string', default: String(EVENTS) },
    rounds: { type: 'string', default: '3' },
    rate: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '20' },
    brokers: { type: 'string' },
    registry: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function main(): Promise<void> {
  if (what === 'explaining') return benchExplaining(rest);
  if (what === 'monitors') return benchMonitors(rest);
  if (what === 'outcomes') return benchOutcomes(rest);
  if (what === 'rollouts') return benchRollouts(rest);
  if (what === 'training') return benchTraining(rest);
  if (options.help) return void process.stdout.write(HELP);
  const events = Number(options.events);
  const modelPath = join(tmpdir(), `eddyline-bench-${process.pid}.onnx`);
  await writeFile(modelPath, benchModel());
  const { brokers, registry: schemaRegistryUrl } = options;
  const local =
    brokers !== undefined && schemaRegistryUrl !== undefined
      ? { brokers: brokers.split(','), schemaRegistryUrl, stop: async () => undefined }
      : await startLocalKafka();
  // Topics of an earlier run on the same cluster stay out of the way.
  const bench = `bench-${Date.now().toString(36)}`;
  const kafka = createKafka({ brokers: local.brokers, clientId: 'bench' });
  const publisher = new Publisher(kafka);
  try {
    const registry = new SchemaRegistryClient(local.schemaRegistryUrl);
    const ids = {
      eventSchemaId: await registry.register('bench.events-value', EVENT_SCHEMA),
      predictionSchemaId: await registry.register('bench.predictions-value', PREDICTION_SCHEMA),
    };
    const task = async (eventsTopic: string, run: string): Promise<Task> => {
      const predictionsTopic = `${bench}.predictions-${run}`;
      const quarantineTopic = `${eventsTopic.replace(/\.events$/, '')}.quarantine`;
      await ensureTopics(
        kafka,
        [eventsTopic, predictionsTopic, quarantineTopic].map((topic) => ({
          topic,
          partitions: PARTITIONS,
          replicationFactor: 1,
          config: topic === predictionsTopic ? APPENDED : {},
        })),
      );
      const { brokers, schemaRegistryUrl } = local;
      return {
        brokers,
        schemaRegistryUrl,
        eventsTopic,
        predictionsTopic,
        quarantineTopic,
        ...ids,
        group: run,
        modelPath,
      };
    };

    const first = await task(`${bench}.events`, 'publish');
    say(`Publishing ${events} events …`);
    const valid = await publishEvents(publisher, first.eventsTopic, ids.eventSchemaId, events);
    const oracle = await offlineScores(modelPath, valid);
    const throughputs: Throughput[] = [];
    const latencies: Latency[] = [];
    for (let round = 1; round <= Number(options.rounds); round++) {
      for (const system of SYSTEMS) {
        const measured = await measureThroughput(
          system,
          await task(`${bench}.events`, `${system}-${round}`),
          kafka,
          events,
          oracle,
        );
        throughputs.push(measured);
        say(
          `round ${round} ${system}: ${measured.cpuMicrosPerEvent.toFixed(1)} µs CPU per event, ${Math.round(measured.eventsPerSecond)} events/s`,
        );
      }
    }
    for (const system of SYSTEMS) {
      const measured = await measureLatency(
        system,
        await task(`${bench}-${system}.events`, `${system}-latency`),
        kafka,
        publisher,
        Number(options.rate),
        Number(options.seconds),
      );
      latencies.push(measured);
      say(`${options.rate} events/s ${system}: p50 ${measured.p50Ms} ms, p99 ${measured.p99Ms} ms`);
    }
    const summary = summarise(throughputs, latencies);
    process.stdout.write(
      options.json
        ? `${JSON.stringify(summary)}\n`
        : formatReport(summary, { events, cores: cpus().length, rate: Number(options.rate) }),
    );
  } finally {
    await publisher.close();
    await local.stop();
  }
}

main().catch((error: unknown) => {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 1;
});
