import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BoundProcess } from '../bound-process.js';
import { StackError } from '../stack-error.js';
import { serverProperties, type BrokerPlace } from './server-properties.js';
import { warmUp } from './warm-up.js';

const run = promisify(execFile);
const STOP_GRACE_MS = 15_000;
const START_DEADLINE_MS = 90_000;

/**
 * A JVM does not watch its standard input, so a shell does it: at end of file (this process is gone, or asks to stop)
 * the broker gets TERM. File descriptor 3 keeps the pipe, because a shell gives background jobs /dev/null as input.
 */
const WATCHDOG = `
exec 3<&0
"$@" </dev/null 3<&- &
broker=$!
(
  cat <&3 >/dev/null
  kill -TERM $broker
  patience=50
  while [ $patience -gt 0 ] && kill -0 $broker; do sleep 0.2; patience=$((patience - 1)); done
  kill -KILL $broker
) 2>/dev/null &
watcher=$!
exec 3<&-
wait $broker
code=$?
kill $watcher 2>/dev/null
exit $code
`;

/** One KRaft broker in a JVM of its own. Resolves when groups and transactions work, not when the port opens. */
export async function startKafkaBroker(
  libs: string,
  dir: string,
  ports: Omit<BrokerPlace, 'dataDir'>,
): Promise<BoundProcess> {
  const dataDir = join(dir, 'data');
  const propertiesPath = join(dir, 'server.properties');
  await mkdir(dir, { recursive: true });
  await writeFile(propertiesPath, serverProperties({ ...ports, dataDir }));
  const classPath = join(libs, '*');
  if (!existsSync(join(dataDir, 'meta.properties'))) await format(classPath, propertiesPath, dataDir);

  const jvm = ['-Xms256m', '-Xmx512m', '-XX:+UseG1GC', '-XX:TieredStopAtLevel=1', '-XX:+ExitOnOutOfMemoryError'];
  const log = ['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-Dorg.slf4j.simpleLogger.showDateTime=true'];
  const java = ['java', ...jvm, ...log, '-Duser.timezone=UTC', '-cp', classPath, 'kafka.Kafka', propertiesPath];
  const broker = await BoundProcess.spawn('Kafka', 'sh', ['-c', WATCHDOG, 'kafka-watchdog', ...java], {
    logPath: join(dir, 'broker.log'),
  });
  const died = broker.exited.then(({ code, signal }) => {
    throw new StackError(`Kafka ended while starting (${signal ?? `exit code ${code}`}):\n${broker.logTail()}`);
  });
  try {
    await Promise.race([warmUp(`127.0.0.1:${ports.port}`, START_DEADLINE_MS), died]);
  } catch (error) {
    await stopKafkaBroker(broker);
    throw error;
  }
  died.catch(() => undefined);
  return broker;
}

export function stopKafkaBroker(broker: BoundProcess): Promise<void> {
  return broker.stop(STOP_GRACE_MS);
}

async function format(classPath: string, propertiesPath: string, dataDir: string): Promise<void> {
  // A folder without meta.properties is a format that was cut short: nothing of worth is in it.
  await rm(dataDir, { recursive: true, force: true });
  const clusterId = `e${randomBytes(16).toString('base64url').slice(1, 22)}`; // no leading '-': it would read as an option
  try {
    await run('java', [
      '-XX:TieredStopAtLevel=1',
      '-cp',
      classPath,
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
