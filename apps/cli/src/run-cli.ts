import { Command, CommanderError } from 'commander';
import { eddylineVersion } from '#platform/config';
import { discoverAddresses } from './cli.config.js';
import { registerAlerts } from './commands/alerts.command.js';
import { registerApply } from './commands/apply.command.js';
import { registerBacktest } from './commands/backtest.command.js';
import { registerDoctor } from './commands/doctor.command.js';
import { registerExplain } from './commands/explain.command.js';
import { registerFlags } from './commands/flags.command.js';
import { registerModels } from './commands/models.command.js';
import { registerMonitor } from './commands/monitor.command.js';
import { registerPublish } from './commands/publish.command.js';
import { registerQuarantine } from './commands/quarantine.command.js';
import { registerRetrain } from './commands/retrain.command.js';
import { registerRollback } from './commands/rollback.command.js';
import { registerRollout } from './commands/rollout.command.js';
import { registerServices } from './commands/services.command.js';
import { registerSimulate } from './commands/simulate.command.js';
import { registerStack } from './commands/stack.command.js';
import { registerStatus } from './commands/status.command.js';
import { registerTrain } from './commands/train.command.js';
import { registerValidate } from './commands/validate.command.js';
import { explainFailure } from './connections/explain-failure.js';
import { registerDemo } from './demo/demo.command.js';
import { CliFailure } from './terminal/failure.js';
import { Reporter } from './terminal/reporter.js';

const USAGE = 2;

export function createProgram(): Command {
  const program = new Command('eddyline')
    .description('Real-time machine learning as a closed loop on Kafka: one pipeline file, everything follows from it.')
    .version(eddylineVersion())
    .showHelpAfterError('(--help shows how it is called)')
    .showSuggestionAfterError()
    // So that `retrain cancel` and `retrain` may have options of one name, and `backtest` a --version of its own.
    .enablePositionalOptions()
    .addHelpText(
      'after',
      `
Addresses come from KAFKA_BROKERS, SCHEMA_REGISTRY_URL, CLICKHOUSE_URL and EDDYLINE_ARTIFACTS; what is unset is taken
from the running local stack (eddyline stack). Exit codes: 0 ok, 1 a problem was found or something failed, 2 usage.

Examples:
  $ eddyline stack
  $ eddyline apply pipelines/electricity/pipeline.yaml
  $ eddyline publish electricity pipelines/electricity/electricity.csv.gz --rate 500/s`,
    );
  for (const register of [
    registerValidate,
    registerApply,
    registerStatus,
    registerDoctor,
    registerPublish,
    registerQuarantine,
    registerTrain,
    registerModels,
    registerBacktest,
    registerRetrain,
    registerRollout,
    registerRollback,
    registerFlags,
    registerExplain,
    registerMonitor,
    registerAlerts,
    registerSimulate,
    registerStack,
    registerServices,
  ]) {
    register(program);
  }
  registerDemo(program, (args) => runCli([process.execPath, 'eddyline', ...args]));
  settle(program);
  return program;
}

/** Commands inherit nothing in commander: each is told to throw instead of ending the process. */
function settle(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) settle(child);
}

/** Runs one command line and answers the process's exit code. Never throws for what a person can mend. */
export async function runCli(argv: readonly string[]): Promise<number> {
  // A command may run another one (the demo does): each starts without an exit code, and leaves its caller's alone.
  const callers = process.exitCode;
  process.exitCode = undefined;
  try {
    await createProgram().parseAsync([...argv]);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    // commander has printed its message; help and version end with 0
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    const reporter = new Reporter(argv.includes('--json'));
    const explained = explainFailure(error, discoverAddresses());
    reporter.error(explained ?? (error instanceof Error ? (error.stack ?? error.message) : String(error)));
    reporter.result({ ok: false, error: explained ?? String(error) });
    return error instanceof CliFailure ? error.exitCode : 1;
  } finally {
    process.exitCode = callers;
  }
}
