import { readFileSync } from 'node:fs';

/** The most memory that a process has held resident since it began, in MiB. Linux only, as the local stack is. */
export function mostMemoryMiBOf(pid: number): number {
  const found = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  if (found === null) throw new Error(`the memory of process ${pid} is not known`);
  return Math.round(Number(found[1]) / 1_024);
}
