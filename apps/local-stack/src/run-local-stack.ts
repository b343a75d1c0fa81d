import { HELP, readConfig } from './local-stack.config.js';
import { watchParent } from './parent-watch.js';
import { startStack, type RunningStack } from './stack.js';
import { StackError } from './stack-error.js';

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

export function fail(error: unknown): never {
  say(error instanceof StackError ? error.message : String(error instanceof Error ? error.stack : error));
  process.exit(1);
}

function describe(stack: RunningStack, startMs: number, stateDir: string): void {
  for (const note of stack.notes) say(`  ${note.text}  (${note.startMs} ms)`);
  const { clickhouseAnalystUrl } = stack.addresses;
  say(
    `  Analysts: ${clickhouseAnalystUrl}/play  ·  state in ${stateDir}  ·  up after ${(startMs / 1000).toFixed(1)} s. Ctrl-C stops it.`,
  );
}

/** Starts the stack, says where it is, and stops it on a signal, or when its parent or a part of it ends. */
export async function runLocalStack(argv: readonly string[]): Promise<void> {
  const config = readConfig(argv);
  if (config.help) {
    process.stdout.write(HELP);
    return;
  }
  const startedMs = performance.now();
  const starting = startStack({ ...config, onProgress: say });
  let leaving = false;
  const leave = async (why: string): Promise<void> => {
    if (leaving) return;
    leaving = true;
    if (why) say(why);
    // A stack that is half up is stopped when it is whole: its children would be orphans of a start cut short.
    await starting.then(
      (stack) => stack.stop(),
      () => undefined,
    );
    process.exit(0);
  };
  process.on('SIGINT', () => void leave('Stopping …'));
  process.on('SIGTERM', () => void leave('Stopping …'));
  process.on('SIGHUP', () => void leave('Stopping …'));
  watchParent(config.parentPid, () => void leave(''));
  const stack = await starting;
  void stack.broken.then(async (error) => {
    await stack.stop();
    fail(error);
  });
  // Only a parent that opened an IPC channel can send anything.
  if (process.connected) {
    stack.rig.obey(
      (onMessage) => process.on('message', onMessage),
      (answer) => process.connected && process.send?.(answer),
    );
  }
  if (config.json) process.stdout.write(`${JSON.stringify(stack.addresses)}\n`);
  else describe(stack, performance.now() - startedMs, config.stateDir);
}
