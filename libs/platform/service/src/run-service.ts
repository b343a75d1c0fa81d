import type { ServiceConfig } from '#platform/config';
import { createLog, type Telemetry } from '#platform/telemetry';
import { watchParent, watchStdin } from './lifecycle/parent-watch.js';
import { shutDown } from './lifecycle/shut-down.js';
import { startService, type RunningService, type ServiceDefinition } from './start-service.js';

/** After this, a service that hangs while stopping is ended the hard way. */
const STOP_DEADLINE_MS = 60_000;
/** The same when the process that started this one is gone: most likely its broker went with it. */
const ORPHAN_STOP_DEADLINE_MS = 5_000;
const FATAL_STOP_DEADLINE_MS = 10_000;

export interface ProcessDefinition<C extends ServiceConfig> extends ServiceDefinition<C> {
  readonly telemetry: Telemetry;
}

/**
 * Runs a service as this process: until a signal (exit code 0), the end of the process that started it (0), or an error it
 * cannot live on with (1, after one clear line). Prints `{"event":"ready",…}` on stdout once it works.
 */
export async function runService<C extends ServiceConfig>(definition: ProcessDefinition<C>): Promise<void> {
  const { name, config, telemetry } = definition;
  const log = createLog({ service: name, level: config.logLevel });
  let service: RunningService | undefined;
  let stopping = false;

  const stop = async (exitCode: 0 | 1, deadlineMs: number): Promise<void> => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => {
      log.error({ deadlineMs }, 'stopping took too long; ending the hard way');
      process.exit(1);
    }, deadlineMs).unref();
    await service?.close();
    // Last: the spans of the shutdown itself are still sent.
    await shutDown([{ name: 'telemetry', deadlineMs: 5_000, run: () => telemetry.shutdown() }], log);
    process.exit(exitCode);
  };

  const onFatal = (error: Error): void => {
    log.fatal({ error }, `${name} stops: ${error.message}`);
    void stop(1, FATAL_STOP_DEADLINE_MS);
  };
  process.on('uncaughtException', onFatal).on('unhandledRejection', (reason) => onFatal(asError(reason)));
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1); // asked twice: whoever asks has no time
      log.info({ signal }, `${name} stops`);
      void stop(0, STOP_DEADLINE_MS);
    });
  }
  const orphaned = (): void => {
    log.warn({}, `${name} stops: the process that started it is gone`);
    void stop(0, ORPHAN_STOP_DEADLINE_MS);
  };
  if (config.parentPid !== undefined) watchParent(config.parentPid, orphaned);
  if (config.watchStdin) watchStdin(orphaned);

  try {
    service = await startService(definition, { log, telemetry, onFatal });
  } catch (error) {
    onFatal(asError(error));
    return;
  }
  log.info({ url: service.url }, `${name} listens`);
  await service.ready;
  if (stopping) return;
  log.info({}, `${name} is ready`);
  process.stdout.write(`${JSON.stringify({ event: 'ready', service: name, port: service.port })}\n`);
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
