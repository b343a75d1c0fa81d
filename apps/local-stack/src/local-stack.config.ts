import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { StackError } from './stack-error.js';
import { defaultPorts, type StackOptions } from './stack-options.js';

export interface LocalStackConfig extends Omit<StackOptions, 'onProgress'> {
  readonly json: boolean;
  readonly help: boolean;
  /** Process whose end is this one's end too. */
  readonly parentPid: number | undefined;
}

export const HELP = `Usage: npm run stack -- [options]

Starts Kafka, ClickHouse, a schema registry and an OTLP receiver on this machine, and stops them on Ctrl-C.
State is kept between starts.

Options:
  --free-ports        take free ports instead of 9092, 8081, 8123, 9000 and 4318
  --state-dir <dir>   where state lives (default: .eddyline in the repository)
  --brokers <n>       Kafka brokers, 1 to 9 (default: 1); from 3 on, topics have 3 replicas, of which 2 must acknowledge
  --clickhouse-disk-mb <n>   MiB of the disk that ClickHouse may use, at least 64 (default: all that is free)
  --json              print the addresses as one line of JSON on standard output when up
  --help              show this

Parts of your own, used instead of ours (and then not started):
  KAFKA_BROKERS=host:port,…                           CLICKHOUSE_URL=http://user:password@host:8123
  SCHEMA_REGISTRY_URL=http://host:8081                OTEL_EXPORTER_OTLP_ENDPOINT=http://host:4318
`;

/** @throws StackError on an unknown flag or an address that is none. */
export function readConfig(argv: readonly string[], env: NodeJS.ProcessEnv = process.env): LocalStackConfig {
  const flags = parseFlags(argv);
  const wrong: string[] = [];
  const url = (name: string): string | undefined => {
    const text = env[name];
    if (!text) return undefined;
    if (!/^https?:$/.test(URL.parse(text)?.protocol ?? '')) wrong.push(`${name}=${text} is not an http:// address`);
    return text.replace(/\/+$/, '');
  };
  const kafkaBrokers = env.KAFKA_BROKERS || undefined;
  if (kafkaBrokers && !/^[^\s:,]+:\d+(,[^\s:,]+:\d+)*$/.test(kafkaBrokers)) {
    wrong.push(`KAFKA_BROKERS=${kafkaBrokers} is not host:port[,host:port…]`);
  }
  const foreign = {
    kafkaBrokers,
    clickhouseUrl: url('CLICKHOUSE_URL'),
    schemaRegistryUrl: url('SCHEMA_REGISTRY_URL'),
    otlpEndpoint: url('OTEL_EXPORTER_OTLP_ENDPOINT'),
  };
  const brokerCount = Number(flags.brokers ?? 1);
  if (!(Number.isInteger(brokerCount) && brokerCount >= 1 && brokerCount <= 9)) {
    wrong.push(`--brokers ${flags.brokers} is not a number from 1 to 9`);
  }
  const diskMb = flags['clickhouse-disk-mb'];
  if (diskMb !== undefined && !(Number.isInteger(Number(diskMb)) && Number(diskMb) >= 64)) {
    wrong.push(`--clickhouse-disk-mb ${diskMb} is not a whole number from 64 on`);
  }
  if (wrong.length > 0) throw new StackError(wrong.join('\n'));
  return {
    stateDir: resolve(flags['state-dir'] ?? join(repositoryRoot(), '.eddyline')),
    cacheDir: join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'eddyline'),
    ports: flags['free-ports'] ? 'free' : defaultPorts(brokerCount),
    brokerCount,
    clickhouseDiskBytes: diskMb === undefined ? undefined : Number(diskMb) * 1024 * 1024,
    foreign,
    json: flags.json ?? false,
    help: flags.help ?? false,
    parentPid: env.EDDYLINE_PARENT_PID ? Number(env.EDDYLINE_PARENT_PID) : undefined,
  };
}

function parseFlags(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        'free-ports': { type: 'boolean' },
        'state-dir': { type: 'string' },
        brokers: { type: 'string' },
        'clickhouse-disk-mb': { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (cause) {
    throw new StackError(`${cause instanceof Error ? cause.message : String(cause)}\n\n${HELP}`, { cause });
  }
}

function repositoryRoot(): string {
  let dir = import.meta.dirname;
  while (!existsSync(join(dir, 'nx.json')) && dirname(dir) !== dir) dir = dirname(dir);
  return dir;
}
