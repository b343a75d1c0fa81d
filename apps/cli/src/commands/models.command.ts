import type { Command } from 'commander';
import { registerModelsExport } from './models-export.command.js';
import { registerModelsHistory } from './models-history.command.js';
import { registerModelsImport } from './models-import.command.js';
import { registerModelsList } from './models-list.command.js';
import { registerModelsPromote } from './models-promote.command.js';
import { registerModelsRegister } from './models-register.command.js';
import { registerModelsSubmit } from './models-submit.command.js';
import { registerModelsServed } from './models-served.command.js';
import { registerModelsShow } from './models-show.command.js';

export function registerModels(program: Command): void {
  const models = program
    .command('models')
    .description(
      'the model versions of a pipeline: register, look at and promote them, ask what was decided and what served',
    );
  registerModelsRegister(models);
  registerModelsSubmit(models);
  registerModelsList(models);
  registerModelsShow(models);
  registerModelsPromote(models);
  registerModelsHistory(models);
  registerModelsServed(models);
  registerModelsExport(models);
  registerModelsImport(models);
}
