import { setTimeout as sleep } from 'node:timers/promises';
import { StackError } from './stack-error.js';
import { livePids, readStackFile, removeStackFiles, writePids } from './stack-file.js';

/** Kafka needs up to ten seconds to close its logs after its parent was killed. */
const PATIENCE_MS = 15_000;

/**
 * Makes this process the one stack of a state folder.
 * Children of a killed stack end by themselves, but not at once: a start right after `kill -9` waits for them, because
 * they hold the locks of the data folders and the ports.
 * @throws StackError when a stack runs there already.
 */
export async function claimStateDir(stateDir: string, onProgress: (line: string) => void): Promise<void> {
  const { stack } = await livePids(stateDir);
  if (stack !== undefined) {
    const file = await readStackFile(stateDir);
    const addresses = file
      ? `Kafka ${file.kafkaBrokers}, registry ${file.schemaRegistryUrl}, ClickHouse ${file.clickhouseUrl}, OTLP ${file.otlpEndpoint}.`
      : 'It is still starting.';
    throw new StackError(
      `A stack already runs on ${stateDir} (process ${stack}). ${addresses}\nUse it, stop it with \`kill ${stack}\`, or start another with --state-dir <dir> --free-ports.`,
    );
  }
  const deadline = Date.now() + PATIENCE_MS;
  for (let said = false; ; said = true) {
    const { children } = await livePids(stateDir);
    if (children.length === 0) break;
    if (Date.now() > deadline) {
      throw new StackError(
        `Processes of an earlier stack on ${stateDir} do not end: ${children.join(', ')}. Stop them with \`kill -9 ${children.join(' ')}\`.`,
      );
    }
    if (!said) onProgress('Waiting for the processes of a killed stack to end …');
    await sleep(100);
  }
  await removeStackFiles(stateDir);
  await writePids(stateDir, [process.pid]);
}
