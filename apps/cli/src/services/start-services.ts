import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { inheritedEnvironment, type AddressesWith } from '../cli.config.js';
import { entryPointOf } from './entry-points.js';
import { splitLines } from './line-splitter.js';
import { SERVICES, type ServiceDefinition, type ServiceName } from './service-definitions.js';

/** `starting`: no ready line yet. `stopped`: ended because it was asked to. `crashed`: ended by itself. */
export type ServicePhase = 'starting' | 'ready' | 'stopping' | 'stopped' | 'crashed';

export interface ServiceState {
  readonly name: ServiceName;
  readonly phase: ServicePhase;
  readonly pid: number;
  /** `http://host:port`, once the service listens and says so. */
  readonly url?: string;
  /** Once it has ended: its exit code, or null when a signal ended it. */
  readonly exitCode?: number | null;
  readonly signal?: NodeJS.Signals | null;
}

export interface StartServicesOptions {
  readonly addresses: AddressesWith<'kafkaBrokers' | 'schemaRegistryUrl' | 'clickhouseUrl' | 'artifacts'>;
  /** Default: all. */
  readonly only?: readonly ServiceName[];
  /** Ports by service; 0 takes a free one. Default: each service's own. */
  readonly ports?: Partial<Record<ServiceName, number>>;
  /** Added to, and winning over, what this process inherited. */
  readonly env?: Readonly<Record<string, string>>;
  /** The same for one service, and winning over `env`. */
  readonly envOf?: Partial<Record<ServiceName, Readonly<Record<string, string>>>>;
  /** Each line that a service logs. */
  readonly onLog?: (service: ServiceName, line: string) => void;
  readonly onChange?: (state: ServiceState) => void;
  /** How long a service may take to stop before it is killed. Default 20 s. */
  readonly stopDeadlineMs?: number;
}

export interface RunningServices {
  readonly states: ReadonlyMap<ServiceName, ServiceState>;
  /** Resolves when every service is ready; rejects when one ends before. */
  readonly ready: Promise<void>;
  /** Resolves with the first service that ends by itself; pending for ever when none does. */
  readonly crashed: Promise<ServiceState>;
  /** Starts a service anew that has ended, e.g. after a rehearsed kill. */
  restart(name: ServiceName): void;
  /** Stops all, waits until all are gone. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts services as child processes. None is restarted by itself: a crash is for a person, or a supervisor, to see.
 * The children watch this process and end when it is gone, however it went.
 */
export function startServices(options: StartServicesOptions): RunningServices {
  return new ServiceGroup(options);
}

class ServiceGroup implements RunningServices {
  readonly states = new Map<ServiceName, ServiceState>();
  readonly ready: Promise<void>;
  readonly crashed: Promise<ServiceState>;
  private readonly children = new Map<ServiceName, ChildProcess>();
  private readonly definitions: readonly ServiceDefinition[];
  private stopping: Promise<void> | undefined;
  private readonly onReady = Promise.withResolvers<void>();
  private readonly onCrash = Promise.withResolvers<ServiceState>();

  constructor(private readonly options: StartServicesOptions) {
    this.definitions = SERVICES.filter(({ name }) => options.only?.includes(name) ?? true);
    this.ready = this.onReady.promise;
    this.crashed = this.onCrash.promise;
    // Whoever does not wait for readiness still hears of a crash through `crashed`.
    this.ready.catch(() => undefined);
    for (const definition of this.definitions) this.start(definition);
  }

  restart(name: ServiceName): void {
    const definition = this.definitions.find((one) => one.name === name);
    const phase = this.states.get(name)?.phase;
    if (!definition || this.stopping || phase === 'starting' || phase === 'ready' || phase === 'stopping') return;
    this.start(definition);
  }

  stop(): Promise<void> {
    this.stopping ??= Promise.all([...this.children].map(([name, child]) => this.stopOne(name, child))).then(
      () => undefined,
    );
    return this.stopping;
  }

  private start(definition: ServiceDefinition): void {
    const { name } = definition;
    const child = spawn(process.execPath, [...process.execArgv, entryPointOf(name)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: a Ctrl-C in the terminal reaches this process alone, which then stops the services in order.
      detached: true,
      env: this.environmentOf(definition),
    });
    this.children.set(name, child);
    this.change({ name, phase: 'starting', pid: child.pid ?? -1 });
    splitLines(child.stdout, (line) => this.onStdout(name, line));
    splitLines(child.stderr, (line) => this.options.onLog?.(name, line));
    child.once('error', (error) => this.options.onLog?.(name, `cannot be started: ${error.message}`));
    child.once('exit', (exitCode, signal) => this.onExit(name, child, exitCode, signal));
  }

  private onStdout(name: ServiceName, line: string): void {
    const port = readyPortOf(line);
    if (port === undefined) return this.options.onLog?.(name, line);
    const state = this.states.get(name);
    if (state?.phase !== 'starting') return;
    this.change({ ...state, phase: 'ready', url: `http://${hostOf(this.options.env?.['HOST'])}:${port}` });
    const phases = [...this.states.values()].map(({ phase }) => phase);
    if (phases.every((phase) => phase === 'ready')) this.onReady.resolve();
  }

  private onExit(name: ServiceName, child: ChildProcess, exitCode: number | null, signal: NodeJS.Signals | null): void {
    if (this.children.get(name) !== child) return;
    const before = this.states.get(name);
    if (!before) return;
    const asked = this.stopping !== undefined || before.phase === 'stopping';
    const state: ServiceState = { ...before, phase: asked ? 'stopped' : 'crashed', exitCode, signal };
    this.change(state);
    if (asked) return;
    this.onReady.reject(new Error(`${name} ended before it was ready (${describeEnd(state)})`));
    this.onCrash.resolve(state);
  }

  private async stopOne(name: ServiceName, child: ChildProcess): Promise<void> {
    const state = this.states.get(name);
    if (child.exitCode !== null || child.signalCode !== null || !state) return;
    this.change({ ...state, phase: 'stopping' });
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    const deadline = setTimeout(() => child.kill('SIGKILL'), this.options.stopDeadlineMs ?? 20_000);
    await gone;
    clearTimeout(deadline);
  }

  private change(state: ServiceState): void {
    this.states.set(state.name, state);
    this.options.onChange?.(state);
  }

  private environmentOf({ name, defaultPort }: ServiceDefinition): NodeJS.ProcessEnv {
    const { addresses, ports, env, envOf } = this.options;
    return {
      ...inheritedEnvironment(),
      KAFKA_BROKERS: addresses.kafkaBrokers.join(','),
      SCHEMA_REGISTRY_URL: addresses.schemaRegistryUrl,
      CLICKHOUSE_URL: addresses.clickhouseUrl,
      EDDYLINE_ARTIFACTS: addresses.artifacts,
      ...(addresses.otlpEndpoint && { OTEL_EXPORTER_OTLP_ENDPOINT: addresses.otlpEndpoint }),
      ...env,
      ...envOf?.[name],
      PORT: String(ports?.[name] ?? defaultPort),
      EDDYLINE_PARENT_PID: String(process.pid),
    };
  }
}

/** `{"event":"ready","service":"validation","port":8082}` on stdout. */
function readyPortOf(line: string): number | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const message = JSON.parse(line) as { event?: unknown; port?: unknown };
    return message.event === 'ready' && typeof message.port === 'number' ? message.port : undefined;
  } catch {
    return undefined;
  }
}

function hostOf(host = '127.0.0.1'): string {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return reachable.includes(':') ? `[${reachable}]` : reachable;
}

export function describeEnd({ exitCode, signal }: Pick<ServiceState, 'exitCode' | 'signal'>): string {
  return signal ? `ended by ${signal}` : `exit code ${exitCode}`;
}
