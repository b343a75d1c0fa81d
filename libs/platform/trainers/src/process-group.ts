import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** A process as the kernel tells it. */
interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly residentBytes: () => Promise<number>;
}

/** Where there is no /proc. */
const PS = ['-A', '-o', 'pid=,ppid=,pgid=,sess=,rss='];

/**
 * Resident memory of a process that leads its own group, and of all that it has started: those of its group or session, and
 * their children. Pages that they share count for each.
 */
export async function residentBytesOf(leader: number): Promise<number> {
  const sizes = await Promise.all(familyOf(leader, await processes()).map(({ residentBytes }) => residentBytes()));
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

/** Sends a signal to the group of a process; one that is gone already is no trouble. */
export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Whether anything of a group is left. */
export function isGroupAlive(leader: number): boolean {
  try {
    process.kill(-leader, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function familyOf(leader: number, all: readonly ProcessFacts[]): readonly ProcessFacts[] {
  const family = new Set(
    all.filter(({ pid, group, session }) => [pid, group, session].includes(leader)).map(({ pid }) => pid),
  );
  for (let before = -1; before !== family.size;) {
    before = family.size;
    for (const { pid, parent } of all) if (family.has(parent)) family.add(pid);
  }
  return all.filter(({ pid }) => family.has(pid));
}

async function processes(): Promise<readonly ProcessFacts[]> {
  const entries = await readdir('/proc').catch(() => null);
  if (entries === null) return fromPs();
  const found = await Promise.all(entries.filter((entry) => /^\d+$/.test(entry)).map(fromProc));
  return found.filter((one) => one !== null);
}

/** Null: it has ended meanwhile. */
async function fromProc(pid: string): Promise<ProcessFacts | null> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    // The name, in brackets, may hold anything.
    const [, parent, group, session] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    return {
      pid: Number(pid),
      parent: parent!,
      group: group!,
      session: session!,
      residentBytes: () => residentFromProc(pid),
    };
  } catch {
    return null;
  }
}

/** 0 of one that has ended meanwhile. */
async function residentFromProc(pid: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
  return Number(/^VmRSS:\s*(\d+) kB/m.exec(status)?.[1] ?? 0) * 1_024;
}

async function fromPs(): Promise<readonly ProcessFacts[]> {
  const { stdout } = await promisify(execFile)('ps', PS);
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([pid = 0, parent = 0, group = 0, session = 0, rss = 0]) => ({
      pid,
      parent,
      group,
      session,
      residentBytes: () => Promise.resolve(rss * 1_024),
    }));
}
