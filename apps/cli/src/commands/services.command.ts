import { InvalidArgumentError, type Command } from 'commander';
import { discoverAddresses, requireAddresses } from '../cli.config.js';
import { formatLogLine } from '../services/format-log-line.js';
import { SERVICES, serviceNamed, type ServiceName } from '../services/service-definitions.js';
import { describeEnd, startServices, type ServiceState } from '../services/start-services.js';
import { interruptSignal } from '../terminal/interrupt.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';
import type { ExitCode } from '../terminal/failure.js';
import type { Reporter } from '../terminal/reporter.js';

interface ServicesOptions {
  readonly json?: boolean;
  readonly only?: readonly ServiceName[];
  readonly freePorts?: boolean;
  readonly rawLogs?: boolean;
}

export function registerServices(program: Command): void {
  const command = program
    .command('services')
    .description('run the services on this machine, until Ctrl-C; none is restarted: a crash ends all, loudly')
    .option('--only <names>', `some of ${SERVICES.map(({ name }) => name).join(',')}`, serviceNames)
    .option('--free-ports', 'take free ports instead of 8080, 8082, 8083, 8084')
    .option('--raw-logs', "the services' own JSON log lines, with the service's name in front");
  withExamples(withJson(command), ['eddyline services', 'eddyline services --only validation,inference']).action(
    (options: ServicesOptions) => runAction(options, (reporter) => run(options, reporter)),
  );
}

function serviceNames(text: string): readonly ServiceName[] {
  return text.split(',').map((name) => {
    const service = serviceNamed(name.trim());
    if (!service)
      throw new InvalidArgumentError(
        `There is no service ${name}; there are ${SERVICES.map((one) => one.name).join(', ')}.`,
      );
    return service.name;
  });
}

async function run({ only, freePorts, rawLogs }: ServicesOptions, reporter: Reporter): Promise<ExitCode> {
  const addresses = requireAddresses(
    discoverAddresses(),
    'kafkaBrokers',
    'schemaRegistryUrl',
    'clickhouseUrl',
    'artifacts',
  );
  const interrupt = interruptSignal();
  const services = startServices({
    addresses,
    ...(only && { only }),
    ...(freePorts && { ports: Object.fromEntries(SERVICES.map(({ name }) => [name, 0])) }),
    onLog: (service, line) => reporter.note(rawLogs ? `${service} | ${line}` : formatLogLine(service, line)),
    onChange: (state) => tell(state, reporter),
  });
  void services.ready.then(
    () => reporter.note(`all ready; Ctrl-C stops ${services.states.size === 1 ? 'it' : 'them'}`),
    () => undefined,
  );
  const interrupted = new Promise<'interrupted'>((resolve) =>
    interrupt.signal.addEventListener('abort', () => resolve('interrupted'), { once: true }),
  );
  const end = await Promise.race([services.crashed, interrupted]);
  await services.stop();
  interrupt.release();
  if (end === 'interrupted') return 0;
  reporter.error(`${end.name} ended by itself (${describeEnd(end)}); its last lines are above`);
  return 1;
}

function tell(state: ServiceState, reporter: Reporter): void {
  reporter.result(state);
  if (state.phase === 'ready') reporter.line(`${state.name} is ready: ${state.url}/docs`);
  if (state.phase === 'stopped') reporter.note(`${state.name} stopped`);
}
