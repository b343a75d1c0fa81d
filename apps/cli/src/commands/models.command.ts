import type { Command } from 'commander';
import { registerModelsExport } from './models-export.command.js';
import { registerModelsList } from './models-list.command.js';
import { registerModelsPromote } from './models-promote.command.js';
import { registerModelsRegister } from './models-register.command.js';
import { registerModelsTrain } from './models-train.command.js';

export function registerModels(program: Command): void {
  const models = program.command('models').description('train, register, list and promote models of a pipeline');
  registerModelsTrain(models);
  registerModelsRegister(models);
  registerModelsList(models);
  registerModelsPromote(models);
  registerModelsExport(models);
}
