/**
 * The child process that carries the ClickHouse engine: `clickhouse-host.js <library> <argument>…`. The engine runs in a
 * thread of its own, so that this event loop stays alive to see standard input end and to take signals. A process of its
 * own, so that a crash of the engine or of a service never takes the other along.
 */
import { DataType, load, open } from 'ffi-rs';
import { dirname } from 'node:path';
import { confineToFiles } from './landlock.js';

const [library, ...engineArguments] = process.argv.slice(2);
if (!library) throw new Error('usage: clickhouse-host <path of libchdb.so> <argument>…');

// Acknowledged inserts are with the kernel; the engine needs no farewell, and a graceful one waits for idle connections.
const leave = (): void => {
  process.kill(process.pid, 'SIGKILL');
};
process.stdin.on('end', leave).on('error', leave).resume();
process.on('SIGTERM', leave);

const CHDB = 'chdb';
open({ library: CHDB, path: library });
// The working folder is the server's own, and the parent of its data.
const isConfined = confineToFiles({
  read: [
    dirname(library),
    ...['/lib', '/lib64', '/usr/lib', '/usr/share/zoneinfo', '/sys/devices', '/sys/fs/cgroup'],
    ...['localtime', 'timezone', 'hosts', 'resolv.conf', 'nsswitch.conf', 'ld.so.cache'].map((name) => `/etc/${name}`),
    // Not /proc as a whole: it shows the environment of other processes.
    ...['self', 'sys', 'meminfo', 'cpuinfo', 'stat', 'loadavg', 'uptime', 'diskstats', 'version'].map(
      (name) => `/proc/${name}`,
    ),
  ],
  write: [dirname(process.cwd()), '/dev/null', '/dev/zero', '/dev/urandom', '/dev/random'],
});
if (!isConfined)
  process.stderr.write('No Landlock in this kernel: the users of this server can read your files by SQL.\n');
const result = await load({
  library: CHDB,
  funcName: 'chdb_query_cmdline',
  retType: DataType.External,
  paramsType: [DataType.I32, DataType.StringArray],
  paramsValue: [engineArguments.length, engineArguments],
  runInNewThread: true,
});
// The engine came back, which it does only when it could not start or was told to shut down.
const error = load({
  library: CHDB,
  funcName: 'chdb_result_error',
  retType: DataType.String,
  paramsType: [DataType.External],
  paramsValue: [result],
}) as unknown as string | null;
process.stderr.write(`The engine ended: ${error ?? 'asked to shut down'}\n`);
process.exit(1);
