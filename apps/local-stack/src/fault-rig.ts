import type { LimitedDisk } from './clickhouse/limited-disk.js';
import { StackError } from './stack-error.js';
import type { StackPart } from './stack-part.js';

const ACTIONS = ['start', 'stop', 'kill', 'freeze', 'thaw', 'fill-disk', 'free-disk'] as const;
type Action = (typeof ACTIONS)[number];

/** What the parent of the stack sends over the IPC channel. */
export interface RigCommand {
  /** The parent's own number, which the answer bears. */
  readonly id: number;
  readonly part: string;
  readonly action: Action;
}

/** Sent when the command is done; `error` says why it could not be. */
export interface RigAnswer {
  readonly id: number;
  readonly error?: string;
}

/**
 * Takes parts of a running stack away and brings them back, so that faults can be rehearsed. A part that ends by command
 * does not take the stack down. Commands for one part are done one after the other, those for several side by side:
 * killed controllers must come back together to have a majority.
 */
export class FaultRig {
  private readonly parts: ReadonlyMap<string, StackPart>;
  private readonly last = new Map<string, Promise<unknown>>();

  constructor(
    parts: readonly StackPart[],
    private readonly disk: LimitedDisk | undefined,
  ) {
    this.parts = new Map(parts.map((part) => [part.name, part]));
  }

  /** Does what it is told by `receive`, and answers by `send`; what is no command of ours it leaves alone. */
  obey(receive: (onMessage: (message: unknown) => void) => void, send: (answer: RigAnswer) => void): void {
    receive((message) => {
      if (!isCommand(message)) return;
      const { id } = message;
      this.do(message).then(
        () => send({ id }),
        (error: unknown) => send({ id, error: error instanceof Error ? error.message : String(error) }),
      );
    });
  }

  /** @throws StackError when there is no such part, or it cannot be done to it */
  async do({ part: name, action }: Omit<RigCommand, 'id'>): Promise<void> {
    const part = this.parts.get(name);
    if (part === undefined) {
      throw new StackError(`${name} is none of this stack's parts: ${[...this.parts.keys()].join(', ')}`);
    }
    const done = (this.last.get(name) ?? Promise.resolve()).then(() => this.act(part, action));
    this.last.set(
      name,
      done.catch(() => undefined),
    );
    await done;
  }

  private async act(part: StackPart, action: Action): Promise<void> {
    if (action === 'fill-disk') await this.diskOf(part).fill();
    else if (action === 'free-disk') await this.diskOf(part).free();
    else await part[action]();
  }

  private diskOf(part: StackPart): LimitedDisk {
    if (part.name !== 'clickhouse')
      throw new StackError(`only the disk of clickhouse can be filled, not ${part.name}'s`);
    if (this.disk === undefined) throw new StackError('the disk can be filled when --clickhouse-disk-mb bounds it');
    return this.disk;
  }
}

function isCommand(message: unknown): message is RigCommand {
  if (typeof message !== 'object' || message === null) return false;
  const { id, part, action } = message as Partial<Record<string, unknown>>;
  return typeof id === 'number' && typeof part === 'string' && (ACTIONS as readonly unknown[]).includes(action);
}
