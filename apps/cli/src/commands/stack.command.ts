import type { Command } from 'commander';
import { runStack } from '../services/run-stack.js';
import { withExamples } from '../terminal/run-action.js';

export function registerStack(program: Command): void {
  const command = program
    .command('stack')
    .description('run Kafka, ClickHouse, the schema registry and a trace receiver on this machine, until Ctrl-C')
    .argument('[options...]', 'passed on to the local stack')
    .allowUnknownOption()
    .helpOption(false);
  withExamples(command, ['eddyline stack', 'eddyline stack --help']).action(async (options: string[]) => {
    process.exitCode = await runStack(options);
  });
}
