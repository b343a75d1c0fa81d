import type { BoundProcess } from './bound-process.js';
import { StackError } from './stack-error.js';

/** A part of the stack that can be taken away and brought back while the rest goes on. */
export interface StackPart {
  /** `kafka-1`, `clickhouse`, `registry`, `otlp`. */
  readonly name: string;
  /** Resolves when the part answers. @throws StackError when it runs already, or does not come up */
  start(): Promise<void>;
  /** Lets it end what it is at. Nothing, when it does not run. */
  stop(): Promise<void>;
  /** Ends it as it stands. @throws StackError when it does not run, so that no kill hits nothing */
  kill(): Promise<void>;
  /** Stops it where it stands: its ports are open and nobody answers. @throws StackError when it cannot */
  freeze(): Promise<void>;
  thaw(): void;
}

export interface ProcessEvents {
  /** Called whenever the process of a part begins to run. */
  readonly onSpawned: () => Promise<void>;
  /** The process ended, and nobody had asked for it. */
  readonly onDeath: (error: StackError) => void;
}

/** A part that is a process of its own. */
export class ProcessPart implements StackPart {
  private process: BoundProcess | undefined;
  /** Processes that were told to end: their end is no news. */
  private readonly dismissed = new WeakSet<BoundProcess>();

  /**
   * @param spawn begins the process
   * @param untilUp resolves when it answers
   */
  constructor(
    readonly name: string,
    private readonly spawn: () => Promise<BoundProcess>,
    private readonly untilUp: (process: BoundProcess) => Promise<void>,
    private readonly stopGraceMs: number,
    private readonly events: ProcessEvents,
  ) {}

  get pid(): number | undefined {
    return this.process?.alive ? this.process.pid : undefined;
  }

  async start(): Promise<void> {
    const process = await this.begin();
    try {
      await this.untilUp(process);
    } catch (error) {
      this.dismissed.add(process);
      await process.stop(this.stopGraceMs);
      throw error;
    }
    this.watch(process);
  }

  /** The first half of `start`, for processes that only come up together; whoever calls it calls `watch` when they are up. */
  async begin(): Promise<BoundProcess> {
    if (this.process?.alive) throw new StackError(`${this.name} runs already`);
    const process = await this.spawn();
    this.process = process;
    await this.events.onSpawned();
    return process;
  }

  /** From now on the end of the process is the end of the stack, but for one that was asked for. */
  watch(process: BoundProcess): void {
    void process.exited.then(({ code, signal }) => {
      if (this.dismissed.has(process)) return;
      const how = signal ?? `exit code ${code}`;
      this.events.onDeath(new StackError(`${process.name} ended by itself (${how}):\n${process.logTail()}`));
    });
  }

  async stop(): Promise<void> {
    if (!this.process?.alive) return;
    this.dismissed.add(this.process);
    await this.process.stop(this.stopGraceMs);
  }

  async kill(): Promise<void> {
    const process = this.running();
    this.dismissed.add(process);
    await process.kill();
  }

  async freeze(): Promise<void> {
    await this.running().freeze();
  }

  thaw(): void {
    this.running().thaw();
  }

  private running(): BoundProcess {
    if (!this.process?.alive) throw new StackError(`${this.name} does not run`);
    return this.process;
  }
}

export interface Service {
  /** Answers what is under way, then ends. */
  close(): Promise<void>;
  /** Cuts every connection off and ends. */
  abandon(): Promise<void>;
}

/** A part that lives in this very process: a listener with what is behind it. */
export class ServicePart implements StackPart {
  private service: Service | undefined;

  constructor(
    readonly name: string,
    private readonly open: () => Promise<Service>,
  ) {}

  async start(): Promise<void> {
    if (this.service !== undefined) throw new StackError(`${this.name} runs already`);
    this.service = await this.open();
  }

  async stop(): Promise<void> {
    const service = this.service;
    this.service = undefined;
    await service?.close();
  }

  async kill(): Promise<void> {
    const service = this.service;
    if (service === undefined) throw new StackError(`${this.name} does not run`);
    this.service = undefined;
    await service.abandon();
  }

  freeze(): Promise<void> {
    return Promise.reject(this.cannotFreeze());
  }

  thaw(): never {
    throw this.cannotFreeze();
  }

  private cannotFreeze(): StackError {
    return new StackError(`${this.name} lives in the stack's own process and cannot be frozen: stop it, or kill it`);
  }
}
