import { Command, CommanderError } from 'commander';
import { eddylineVersion } from '#platform/config';
import { discoverAddresses } from './cli.config.js';
import type { RunCommand } from './demo/command-steps.js';
import { CliFailure } from './terminal/failure.js';
import { Reporter } from './terminal/reporter.js';

const USAGE = 2;

type Register = (program: Command, runCommand: RunCommand) => void;

/** By name, in the order of `--help`. Together they take most of a second to load, so the one that is called is loaded alone. */
const COMMANDS: ReadonlyMap<string, () => Promise<Register>> = new Map([
  ['validate', async () => (await import('./commands/validate.command.js')).registerValidate],
  ['apply', async () => (await import('./commands/apply.command.js')).registerApply],
  ['status', async () => (await import('./commands/status.command.js')).registerStatus],
  ['doctor', async () => (await import('./commands/doctor.command.js')).registerDoctor],
  ['publish', async () => (await import('./commands/publish.command.js')).registerPublish],
  ['quarantine', async () => (await import('./commands/quarantine.command.js')).registerQuarantine],
  ['train', async () => (await import('./commands/train.command.js')).registerTrain],
  ['models', async () => (await import('./commands/models.command.js')).registerModels],
  ['backtest', async () => (await import('./commands/backtest.command.js')).registerBacktest],
  ['retrain', async () => (await import('./commands/retrain.command.js')).registerRetrain],
  ['rollout', async () => (await import('./commands/rollout.command.js')).registerRollout],
  ['rollback', async () => (await import('./commands/rollback.command.js')).registerRollback],
  ['flags', async () => (await import('./commands/flags.command.js')).registerFlags],
  ['explain', async () => (await import('./commands/explain.command.js')).registerExplain],
  ['monitor', async () => (await import('./commands/monitor.command.js')).registerMonitor],
  ['alerts', async () => (await import('./commands/alerts.command.js')).registerAlerts],
  ['simulate', async () => (await import('./commands/simulate.command.js')).registerSimulate],
  ['stack', async () => (await import('./commands/stack.command.js')).registerStack],
  ['services', async () => (await import('./commands/services.command.js')).registerServices],
  ['demo', async () => (await import('./demo/demo.command.js')).registerDemo],
]);

/** @param name of the command that is called; anything else stands for all of them */
async function createProgram(name: string | undefined): Promise<Command> {
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
  const called = COMMANDS.get(name ?? '');
  const registers = await Promise.all((called === undefined ? [...COMMANDS.values()] : [called]).map((load) => load()));
  for (const register of registers) register(program, (args) => runCli([process.execPath, 'eddyline', ...args]));
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
    await (await createProgram(argv[2])).parseAsync([...argv]);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    // commander has printed its message; help and version end with 0
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
    const { explainFailure } = await import('./connections/explain-failure.js');
    const reporter = new Reporter(argv.includes('--json'));
    const explained = explainFailure(error, discoverAddresses());
    reporter.error(explained ?? (error instanceof Error ? (error.stack ?? error.message) : String(error)));
    reporter.result({ ok: false, error: explained ?? String(error) });
    return error instanceof CliFailure ? error.exitCode : 1;
  } finally {
    process.exitCode = callers;
  }
}
