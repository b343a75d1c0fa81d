import { fork, type ChildProcess } from 'node:child_process';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { PhaseMessage, PhaseOrder, PhaseOutcome, PhaseProgress, PhaseTask } from './phase-messages.js';
import type { Slots } from './slots.js';

export interface PhaseProcessOptions {
  /** What the process runs. */
  readonly program: URL;
  readonly memoryBytes: number;
  readonly nice: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly slots: Slots;
  readonly onLog: (pipeline: string, text: string) => void;
}

/** Last lines on stderr that tell why a process died. */
const LINES_KEPT = 20;
/** For a process that is told to end: a program that it started is given time to end in order. */
const END_WITHIN_MS = 3_000;

/**
 * One phase of a run in a process of its own, below the priority of this one: training takes minutes of a core and gigabytes,
 * and may be ended at any time. It ends with this process, however that ends.
 */
export class PhaseJob {
  progress: PhaseProgress = { text: 'waits for its turn', ratio: null };
  /** Null: it is under way. */
  outcome: PhaseOutcome | null = null;
  private readonly cancelling = new AbortController();
  /** Never rejects. */
  readonly ended: Promise<PhaseOutcome>;

  constructor(
    readonly task: PhaseTask,
    private readonly options: PhaseProcessOptions,
  ) {
    this.ended = this.work();
  }

  /** Ends the process; resolves when it is gone. */
  async cancel(): Promise<void> {
    this.cancelling.abort();
    await this.ended;
  }

  private async work(): Promise<PhaseOutcome> {
    const { signal } = this.cancelling;
    const outcome = await this.options.slots.use(signal, () => this.runProcess(signal));
    return (this.outcome = outcome ?? { kind: 'died', reason: 'it was cancelled' });
  }

  private runProcess(signal: AbortSignal): Promise<PhaseOutcome> {
    const { program, memoryBytes, nice, environment } = this.options;
    const child = fork(fileURLToPath(program), [], {
      env: { ...environment },
      execArgv: [`--max-old-space-size=${Math.max(256, Math.floor(memoryBytes / 2 ** 20))}`],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    lower(child, nice);
    let said: string[] = [];
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      said = [...said, ...text.split('\n').filter((line) => line.trim() !== '')].slice(-LINES_KEPT);
    });
    let outcome: PhaseOutcome | undefined;
    child.on('message', (message: PhaseMessage) => {
      if (message.kind === 'progress') this.progress = message.progress;
      else if (message.kind === 'log') this.options.onLog(this.task.definition.name, message.text);
      else outcome = message.outcome;
    });
    let late: NodeJS.Timeout | undefined;
    const order = (what: PhaseOrder): void => void child.send(what, (error) => error !== null && child.kill('SIGKILL'));
    const end = (): void => {
      if (child.connected) order({ kind: 'cancel' });
      late = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS);
    };
    signal.addEventListener('abort', end);
    return new Promise<PhaseOutcome>((resolve) => {
      let failure: string | undefined;
      child.once('error', (error) => (failure = `it could not be started: ${error.message}`));
      child.once('close', (code, by) => {
        signal.removeEventListener('abort', end);
        clearTimeout(late);
        const last = said.at(-1);
        const reason = failure ?? `${by ?? `exit code ${code}`}${last === undefined ? '' : `: ${last}`}`;
        resolve(outcome ?? { kind: 'died', reason });
      });
      order({ kind: 'work', task: this.task });
    });
  }
}

/** Below this process, so that the loops and whatever else runs here come first. */
function lower(child: ChildProcess, nice: number): void {
  if (child.pid === undefined || nice === 0) return;
  try {
    setPriority(child.pid, nice);
  } catch {
    // It is gone already, or the system does not allow it: it trains all the same.
  }
}
