import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { BoundProcess } from '../bound-process.js';
import { StackError } from '../stack-error.js';
import { serverXml, usersXml, type ClickHouseCredentials } from './server-config.js';

const HOST = join(import.meta.dirname, 'clickhouse-host.js');
const START_DEADLINE_MS = 60_000;
export const CLICKHOUSE_STOP_GRACE_MS = 5_000;

/** Keeps the engine's command-line session, and with it the listeners, alive; needs no grant but `system.zeros`. */
const BLOCKER =
  'SELECT sleepEachRow(3) FROM system.zeros SETTINGS max_block_size=1, function_sleep_max_microseconds_per_block=0 FORMAT Null';

/** Path of the engine's library in `node_modules`. @throws StackError where the platform has none. */
export function clickHouseLibrary(): string {
  const require = createRequire(import.meta.url);
  try {
    const path = join(dirname(require.resolve('@chdb/lib-linux-x64-gnu')), 'libchdb.so');
    require.resolve('ffi-rs');
    if (existsSync(path)) return path;
    throw new Error(`${path} is missing`);
  } catch (cause) {
    throw new StackError(
      `There is no ClickHouse library for ${process.platform}-${process.arch} in node_modules (the engine comes from npm for linux-x64 with glibc only; on such a machine run \`npm ci\` without --omit=optional). ` +
        'Ways out: `docker compose up -d clickhouse`, or any ClickHouse of yours, named by CLICKHOUSE_URL=http://user:password@host:8123; on Windows work inside WSL2.',
      { cause },
    );
  }
}

export interface ClickHousePlace {
  readonly httpPort: number;
  readonly nativePort: number;
  readonly dir: string;
  /** What the server must leave free of its disk. */
  readonly keepFreeBytes?: number;
}

/** Starts the engine as a server. Resolves when the process runs: it answers nobody yet. */
export async function spawnClickHouse(
  library: string,
  place: ClickHousePlace,
  credentials: ClickHouseCredentials,
): Promise<BoundProcess> {
  const { dir } = place;
  const dataDir = join(dir, 'data');
  const configPath = join(dir, 'config.xml');
  const usersPath = join(dir, 'users.xml');
  await mkdir(join(dir, 'tmp'), { recursive: true });
  await writeFile(usersPath, usersXml(credentials), { mode: 0o600 });
  await writeFile(configPath, serverXml(usersPath, place.keepFreeBytes));
  return BoundProcess.spawn(
    'ClickHouse',
    process.execPath,
    [
      HOST,
      library,
      'clickhouse',
      `--path=${dataDir}`,
      `--http_port=${place.httpPort}`,
      `--tcp_port=${place.nativePort}`,
      '--listen_host=127.0.0.1',
      `--config-file=${configPath}`,
      '--log-level=warning',
      '--query',
      `SYSTEM START LISTEN HTTP; SYSTEM START LISTEN TCP; ${BLOCKER}`,
    ],
    // The server's time zone is the process's: without this, DateTime columns would read differently on each machine.
    // Nothing else of our environment: its users could read it by SQL.
    { logPath: join(dir, 'server.log'), cwd: join(dir, 'tmp'), env: { TZ: 'UTC', LANG: 'C.UTF-8' } },
  );
}

/** Resolves with the server's version once it answers a query of the work user. @throws StackError when it ends before */
export async function untilClickHouseWorks(
  server: BoundProcess,
  place: ClickHousePlace,
  credentials: ClickHouseCredentials,
): Promise<string> {
  const died = server.exited.then(({ code, signal }) => {
    throw new StackError(`ClickHouse ended while starting (${signal ?? `exit code ${code}`}):\n${server.logTail()}`);
  });
  died.catch(() => undefined);
  const answer = firstAnswer(place.httpPort, credentials);
  answer.catch(() => undefined);
  return Promise.race([answer, died]);
}

async function firstAnswer(httpPort: number, credentials: ClickHouseCredentials): Promise<string> {
  const client = createClient({
    url: `http://127.0.0.1:${httpPort}`,
    username: 'eddyline',
    password: credentials.eddylinePassword,
    request_timeout: 5_000,
    log: { level: ClickHouseLogLevel.OFF },
  });
  const deadline = Date.now() + START_DEADLINE_MS;
  try {
    for (;;) {
      try {
        const answer = await client.query({ query: 'SELECT version() AS version', format: 'JSONEachRow' });
        const [row] = await answer.json<{ version: string }>();
        return row?.version ?? 'unknown';
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  } finally {
    await client.close();
  }
}
