import type { Command } from 'commander';
import { registerMonitorExplain } from './monitor-explain.command.js';
import { registerMonitorList } from './monitor-list.command.js';
import { registerMonitorRun } from './monitor-run.command.js';

export function registerMonitor(program: Command): void {
  const monitor = program
    .command('monitor')
    .description('what watches a pipeline: what it found, what it would find now, and how to read it');
  registerMonitorList(monitor);
  registerMonitorRun(monitor);
  registerMonitorExplain(monitor);
}
