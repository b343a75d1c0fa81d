import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { BoundProcess } from '../bound-process.js';
import { StackError } from '../stack-error.js';
import type { BrokerPorts } from '../stack-options.js';
import { leavingArchive, withArchive } from './class-archive.js';
import type { KafkaJars } from './kafka-artifacts.js';
import { serverProperties, type BrokerPlace } from './server-properties.js';
import { untilBrokerIn, warmUp } from './warm-up.js';

const run = promisify(execFile);
/** How long a broker may take to end before its watchdog kills it. */
const STOP_PATIENCE_S = 10;
/** One that drafts an archive has closed its logs by then, and writes 50 MB: a busy disk takes its time. */
const DRAFT_PATIENCE_S = 60;
/** For a watchdog that does not do its part. */
export const BROKER_STOP_GRACE_MS = (DRAFT_PATIENCE_S + 5) * 1000;
const START_DEADLINE_MS = 90_000;

/**
 * A JVM does not watch its standard input, so a shell does it: at end of file (this process is gone, or asks to stop)
 * the broker gets TERM. File descriptor 3 keeps the pipe, because a shell gives background jobs /dev/null as input. What the
 * broker drafted is whole when it has ended in order.
 */
const WATCHDOG = `
archive=$1 draft=$2 patience=$3
shift 3
exec 3<&0
"$@" </dev/null 3<&- &
broker=$!
(
  cat <&3 >/dev/null
  kill -TERM $broker
  fifths=$((patience * 5))
  while [ $fifths -gt 0 ] && kill -0 $broker; do sleep 0.2; fifths=$((fifths - 1)); done
  kill -0 $broker && echo "The broker did not end within $patience seconds: it is killed."
  kill -KILL $broker
) 2>/dev/null &
watcher=$!
exec 3<&-
wait $broker
code=$?
kill $watcher 2>/dev/null
case $code in
  0|143) [ ! -s "$draft" ] || mv -f "$draft" "$archive" ;;
  *) rm -f "$draft" ;;
esac
exit $code
`;

/** Where a broker of the cluster keeps its state and its log. One broker has the plain name: state folders that exist stay good. */
export function brokerDir(stateDir: string, nodeId: number, brokerCount: number): string {
  return join(stateDir, brokerCount === 1 ? 'kafka' : `kafka-${nodeId}`);
}

/**
 * Prepares the data folders of a cluster that has none yet; all of them carry one cluster id.
 * @throws StackError when the state folder holds a cluster of another size, whose topics would be out of reach.
 */
export async function prepareCluster(
  jars: KafkaJars,
  stateDir: string,
  cluster: readonly BrokerPorts[],
): Promise<void> {
  await refuseOtherSize(stateDir, cluster.length);
  const places = cluster.map((_, index): BrokerPlace => {
    const dir = brokerDir(stateDir, index + 1, cluster.length);
    return { nodeId: index + 1, dataDir: join(dir, 'data'), cluster };
  });
  const clusterId = (await existingClusterId(places)) ?? newClusterId();
  await Promise.all(
    places.map(async (place) => {
      const propertiesPath = join(dirname(place.dataDir), 'server.properties');
      await mkdir(dirname(place.dataDir), { recursive: true });
      await writeFile(propertiesPath, serverProperties(place));
      if (!existsSync(metaPath(place))) await format(jars, propertiesPath, place.dataDir, clusterId);
    }),
  );
}

/** Starts a prepared broker in a JVM of its own. Resolves when the process runs: it serves nobody yet. */
export function spawnBroker(
  { libs, archive }: KafkaJars,
  dir: string,
  nodeId: number,
  brokerCount: number,
): Promise<BoundProcess> {
  // Several share the machine with all the rest: a smaller heap does for what a test or a laptop sends.
  // A collector of one thread and a compiler that is soon done: the cores are the user's.
  const heap = brokerCount === 1 ? ['-Xms256m', '-Xmx512m'] : ['-Xms128m', '-Xmx320m'];
  const jvm = [...heap, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:+ExitOnOutOfMemoryError'];
  const log = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-Dorg.slf4j.simpleLogger.showDateTime=true'];
  const main = ['-cp', join(libs, '*'), 'kafka.Kafka', join(dir, 'server.properties')];
  const draft = `${archive}.${randomBytes(6).toString('hex')}.tmp`;
  const kept = withArchive(archive);
  const [classes, patience] = kept.length > 0 ? [kept, STOP_PATIENCE_S] : [leavingArchive(draft), DRAFT_PATIENCE_S];
  const java = ['java', ...jvm, ...classes, ...log, '-Duser.timezone=UTC', ...main];
  const name = brokerCount === 1 ? 'Kafka' : `Kafka broker ${nodeId}`;
  return BoundProcess.spawn(name, 'sh', ['-c', WATCHDOG, 'kafka-watchdog', archive, draft, `${patience}`, ...java], {
    logPath: join(dir, 'broker.log'),
  });
}

/**
 * Resolves when groups and transactions work, not when the ports open.
 * @throws StackError when one of the brokers ends meanwhile.
 */
export async function untilClusterWorks(
  brokers: readonly BoundProcess[],
  cluster: readonly BrokerPorts[],
): Promise<void> {
  const addresses = cluster.map(({ port }) => `127.0.0.1:${port}`);
  await whileAlive(brokers, warmUp(addresses, START_DEADLINE_MS));
}

/** Resolves when a broker that was started again is let into its cluster, which needs a majority of the controllers. */
export async function untilBrokerWorks(
  broker: BoundProcess,
  nodeId: number,
  cluster: readonly BrokerPorts[],
): Promise<void> {
  if (cluster.length === 1) return untilClusterWorks([broker], cluster);
  await whileAlive([broker], untilBrokerIn(`127.0.0.1:${cluster[nodeId - 1]!.port}`, nodeId, START_DEADLINE_MS));
}

async function whileAlive(brokers: readonly BoundProcess[], work: Promise<void>): Promise<void> {
  const died = brokers.map((broker) =>
    broker.exited.then(({ code, signal }) => {
      const how = signal ?? `exit code ${code}`;
      throw new StackError(`${broker.name} ended while starting (${how}):\n${broker.logTail()}`);
    }),
  );
  for (const death of died) death.catch(() => undefined);
  work.catch(() => undefined);
  await Promise.race([work, ...died]);
}

async function refuseOtherSize(stateDir: string, brokerCount: number): Promise<void> {
  const entries = await readdir(stateDir, { withFileTypes: true });
  const several = entries.filter((entry) => entry.isDirectory() && /^kafka-\d+$/.test(entry.name)).length;
  const held = existsSync(join(stateDir, 'kafka', 'data')) ? 1 : several;
  if (held === 0 || held === brokerCount) return;
  throw new StackError(
    `${stateDir} holds a Kafka of ${held} broker${held === 1 ? '' : 's'}, which cannot become one of ${brokerCount}: start it with --brokers ${held}, or another with --state-dir <dir>.`,
  );
}

function metaPath(place: BrokerPlace): string {
  return join(place.dataDir, 'meta.properties');
}

/** A preparation that was cut short goes on under the id that it began with. */
async function existingClusterId(places: readonly BrokerPlace[]): Promise<string | undefined> {
  for (const place of places) {
    const text = await readFile(metaPath(place), 'utf8').catch(() => '');
    const id = /^cluster\.id=(.+)$/m.exec(text)?.[1];
    if (id !== undefined) return id;
  }
  return undefined;
}

function newClusterId(): string {
  return `e${randomBytes(16).toString('base64url').slice(1, 22)}`; // no leading '-': it would read as an option
}

async function format(
  { libs, archive }: KafkaJars,
  propertiesPath: string,
  dataDir: string,
  clusterId: string,
): Promise<void> {
  // A folder without meta.properties is a format that was cut short: nothing of worth is in it.
  await rm(dataDir, { recursive: true, force: true });
  try {
    await run('java', [
      '-XX:TieredStopAtLevel=1',
      ...withArchive(archive),
      '-cp',
      join(libs, '*'),
      'kafka.tools.StorageTool',
      'format',
      '-t',
      clusterId,
      '-c',
      propertiesPath,
    ]);
  } catch (cause) {
    const output = cause instanceof Error && 'stderr' in cause ? String(cause.stderr) : String(cause);
    throw new StackError(`Kafka could not prepare ${dataDir}:\n${output.trim()}`, { cause });
  }
}
