import { isPortFree } from './free-ports.js';
import { StackError } from './stack-error.js';
import type { ForeignParts, StackPorts } from './stack-options.js';

interface PortUse {
  readonly port: number;
  readonly what: string;
  /** Environment variable that replaces the part. */
  readonly variable: string;
  readonly replaced: boolean;
}

/** @throws StackError that names every port that is taken, and the ways out. */
export async function requireFreePorts(ports: StackPorts, foreign: ForeignParts): Promise<void> {
  const kafka = { variable: 'KAFKA_BROKERS', replaced: foreign.kafkaBrokers !== undefined };
  const clickhouse = { variable: 'CLICKHOUSE_URL', replaced: foreign.clickhouseUrl !== undefined };
  const registry = { variable: 'SCHEMA_REGISTRY_URL', replaced: foreign.schemaRegistryUrl !== undefined };
  const otlp = { variable: 'OTEL_EXPORTER_OTLP_ENDPOINT', replaced: foreign.otlpEndpoint !== undefined };
  const uses: PortUse[] = [
    ...ports.brokers.flatMap(({ port, controllerPort }, index) => {
      const which = ports.brokers.length === 1 ? '' : ` broker ${index + 1}`;
      return [
        { port, what: `Kafka${which}`, ...kafka },
        { port: controllerPort, what: `Kafka${which}'s controller`, ...kafka },
      ];
    }),
    { port: ports.schemaRegistry, what: 'the schema registry', ...registry },
    { port: ports.clickhouseHttp, what: 'ClickHouse (HTTP)', ...clickhouse },
    { port: ports.clickhouseNative, what: 'ClickHouse (native)', ...clickhouse },
    { port: ports.otlp, what: 'the OTLP receiver', ...otlp },
  ];
  const needed = uses.filter(({ replaced }) => !replaced);
  const free = await Promise.all(needed.map(({ port }) => isPortFree(port)));
  const taken = needed.filter((_, index) => !free[index]);
  if (taken.length === 0) return;
  const lines = taken.map(
    ({ port, what, variable }) => `  port ${port} for ${what}; if that is one you want to use, set ${variable}`,
  );
  throw new StackError(
    `In use by another process:\n${lines.join('\n')}\nOr start with --free-ports, or stop what holds them (\`ss -ltnp\` shows it).`,
  );
}
