import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { signalGroup } from './process-group.js';

const FILE = 'trainer.pid';

/** Writes down which group trains in a folder: whoever begins there anew, after a death, can end it. */
export async function noteGroup(folder: string, leader: number): Promise<void> {
  const startedAt = await startOf(leader);
  if (startedAt !== null) await writeFile(join(folder, FILE), JSON.stringify({ leader, startedAt }));
}

/** Ends what a process that died has left training in a folder. */
export async function endLeftover(folder: string): Promise<void> {
  const note = await readFile(join(folder, FILE), 'utf8').catch(() => null);
  if (note === null) return;
  const { leader, startedAt } = JSON.parse(note) as { readonly leader: number; readonly startedAt: string };
  // Another process may have its number by now.
  if ((await startOf(leader)) === startedAt) signalGroup(leader, 'SIGKILL');
}

/** Of the boot and the clock ticks since: known again as long as the process lives. Null: it is gone, or the system does not tell. */
async function startOf(pid: number): Promise<string | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'latin1');
    return `${boot.trim()}/${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`;
  } catch {
    return null;
  }
}
