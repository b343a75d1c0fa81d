import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import type { MlflowAccess } from '#platform/mlflow';
import { CliFailure, usageFailure } from './terminal/failure.js';

/** Where the parts of Eddyline are. Each is undefined when neither the environment nor a running local stack names it. */
export interface Addresses {
  readonly kafkaBrokers?: readonly string[];
  /** How Kafka is entered, by the same variables as the services': `KAFKA_TLS`, `KAFKA_SASL_*`. */
  readonly kafkaAccess?: KafkaAccess;
  readonly schemaRegistryUrl?: string;
  readonly clickhouseUrl?: string;
  readonly otlpEndpoint?: string;
  readonly artifacts?: string;
  /** Path of the stack file that filled the gaps, if any. */
  readonly stackFile?: string;
  /** Why a stack file that was found was not used. */
  readonly stackProblem?: string;
}

const SASL_MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

export interface KafkaAccess {
  readonly tls: boolean;
  readonly sasl?: {
    readonly mechanism: (typeof SASL_MECHANISMS)[number];
    readonly username: string;
    readonly password: string;
  };
  /** What is wrong with the variables. */
  readonly problem?: string;
}

const stackFileSchema = z.object({
  pid: z.number().int().optional(),
  kafkaBrokers: z.string(),
  schemaRegistryUrl: z.string(),
  clickhouseUrl: z.string(),
  clickhouseAnalystUrl: z.string().optional(),
  otlpEndpoint: z.string().optional(),
  artifacts: z.string(),
});

export const STACK_FILE = join('.eddyline', 'stack.json');

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly isAlive: (pid: number) => boolean;
}

const PROCESS: Surroundings = {
  get env() {
    return process.env;
  },
  get cwd() {
    return process.cwd();
  },
  isAlive(pid) {
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EPERM';
    }
  },
};

/** The environment first, then the local stack whose `.eddyline/stack.json` is found from `cwd` upward. */
export function discoverAddresses({ env, cwd, isAlive }: Surroundings = PROCESS): Addresses {
  const set = (name: string): string | undefined => env[name]?.trim() || undefined;
  const stack = readStackFile(cwd, isAlive);
  return {
    kafkaBrokers: listOf(set('KAFKA_BROKERS') ?? stack.values?.kafkaBrokers),
    kafkaAccess: kafkaAccess(set),
    schemaRegistryUrl: set('SCHEMA_REGISTRY_URL') ?? stack.values?.schemaRegistryUrl,
    clickhouseUrl: set('CLICKHOUSE_URL') ?? stack.values?.clickhouseUrl,
    otlpEndpoint: set('OTEL_EXPORTER_OTLP_ENDPOINT') ?? stack.values?.otlpEndpoint,
    artifacts: set('EDDYLINE_ARTIFACTS') ?? stack.values?.artifacts,
    ...(stack.values && { stackFile: stack.path }),
    ...(stack.problem && { stackProblem: stack.problem }),
  };
}

function kafkaAccess(set: (name: string) => string | undefined): KafkaAccess {
  const tls = /^(true|1|yes)$/i.test(set('KAFKA_TLS') ?? '');
  const given = set('KAFKA_SASL_MECHANISM');
  const username = set('KAFKA_SASL_USERNAME');
  const password = set('KAFKA_SASL_PASSWORD');
  if (given === undefined && username === undefined && password === undefined) return { tls };
  const mechanism = SASL_MECHANISMS.find((name) => name === given?.toLowerCase());
  if (mechanism === undefined || username === undefined || password === undefined) {
    const problem = `KAFKA_SASL_MECHANISM (${SASL_MECHANISMS.join(', ')}), KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD are needed together`;
    return { tls, problem };
  }
  return { tls, sasl: { mechanism, username, password } };
}

function listOf(text: string | undefined): readonly string[] | undefined {
  const items = text
    ?.split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  return items && items.length > 0 ? items : undefined;
}

interface StackLookup {
  readonly path?: string;
  readonly values?: z.infer<typeof stackFileSchema>;
  readonly problem?: string;
}

function readStackFile(cwd: string, isAlive: (pid: number) => boolean): StackLookup {
  const path = findUpward(cwd);
  if (path === undefined) return {};
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return { path, problem: `${path} is not readable JSON; stop and start the stack to have it written anew` };
  }
  const parsed = stackFileSchema.safeParse(content);
  if (!parsed.success) return { path, problem: `${path}: ${z.prettifyError(parsed.error)}` };
  const { pid } = parsed.data;
  // A stack that was killed leaves its file behind; its addresses would only lead to confusing refusals.
  if (pid !== undefined && !isAlive(pid)) {
    return { path, problem: `${path} was left by a local stack that runs no more (pid ${pid})` };
  }
  return { path, values: parsed.data };
}

function findUpward(cwd: string): string | undefined {
  for (let directory = resolve(cwd); ; directory = dirname(directory)) {
    const candidate = join(directory, STACK_FILE);
    if (existsSync(candidate)) return candidate;
    if (directory === dirname(directory)) return undefined;
  }
}

/** The variable that names each part. */
export const VARIABLES = {
  kafkaBrokers: 'KAFKA_BROKERS',
  schemaRegistryUrl: 'SCHEMA_REGISTRY_URL',
  clickhouseUrl: 'CLICKHOUSE_URL',
  artifacts: 'EDDYLINE_ARTIFACTS',
} as const;

export type Part = keyof typeof VARIABLES;
export type AddressesWith<P extends Part> = Addresses & { readonly [K in P]-?: NonNullable<Addresses[K]> };

/** Addresses with every part in `parts` present, or one failure that names all that are missing and the ways out. */
export function requireAddresses<P extends Part>(addresses: Addresses, ...parts: readonly P[]): AddressesWith<P> {
  const missing = parts.filter((part) => addresses[part] === undefined).map((part) => VARIABLES[part]);
  if (missing.length > 0) {
    throw new CliFailure(
      [
        `no address for ${missing.join(', ')}${addresses.stackProblem ? ` (${addresses.stackProblem})` : ''}. Either`,
        `  · start the local stack in another terminal: eddyline stack`,
        `  · or name your own: ${missing.map((name) => `${name}=…`).join(' ')} eddyline …`,
      ].join('\n'),
    );
  }
  if (parts.some((part) => part === 'kafkaBrokers') && addresses.kafkaAccess?.problem !== undefined) {
    throw new CliFailure(addresses.kafkaAccess.problem);
  }
  return addresses as AddressesWith<P>;
}

/** The OpenTelemetry SDK takes its endpoint from the environment alone; the local stack's has to be put there. */
export function exportOtlpEndpoint({ otlpEndpoint }: Addresses): void {
  if (otlpEndpoint !== undefined) process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] ??= otlpEndpoint;
}

/** The environment that child processes inherit. */
export function inheritedEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env };
}

/**
 * An MLflow server and how it is entered, by MLflow's own variables: what its other clients use holds here too.
 *
 * @param given on the command line, before MLFLOW_TRACKING_URI
 */
export function mlflowAccess(given: string | undefined, env = PROCESS.env): MlflowAccess {
  const uri = given ?? env['MLFLOW_TRACKING_URI'];
  if (uri === undefined) throw usageFailure('which MLflow server? Give --mlflow <uri>, or set MLFLOW_TRACKING_URI');
  if (!/^https?:\/\//.test(uri)) {
    throw usageFailure(
      `${uri} is not the http:// or https:// address of an MLflow server; other stores are not spoken to`,
    );
  }
  const { MLFLOW_TRACKING_TOKEN: token, MLFLOW_TRACKING_USERNAME: username, MLFLOW_TRACKING_PASSWORD: password } = env;
  return {
    uri,
    ...(token !== undefined && { token }),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
  };
}
