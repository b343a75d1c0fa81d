import type { Command } from 'commander';
import { registerQuarantineList } from './quarantine-list.command.js';
import { registerQuarantinePurge } from './quarantine-purge.command.js';
import { registerQuarantineReplay } from './quarantine-replay.command.js';
import { registerQuarantineShow } from './quarantine-show.command.js';

export function registerQuarantine(program: Command): void {
  const quarantine = program
    .command('quarantine')
    .description('look at records that were set aside, put them back where they came from, delete old ones');
  registerQuarantineList(quarantine);
  registerQuarantineShow(quarantine);
  registerQuarantineReplay(quarantine);
  registerQuarantinePurge(quarantine);
}
