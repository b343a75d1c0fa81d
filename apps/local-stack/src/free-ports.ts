import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { BrokerPorts, StackPorts } from './stack-options.js';

/** Below Linux's ephemeral range (32768…), so that no outgoing connection takes a port between our look and our use. */
const FIRST_PORT = 20_000;
const PORT_COUNT = 12_000;

/** Whether a TCP port of the loopback interface can be bound now. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Free ports for every part; those of the last start on this state folder when they are still free, so that clients find the stack again. */
export async function chooseFreePorts(stateDir: string, brokerCount: number): Promise<StackPorts> {
  const path = join(stateDir, 'ports.json');
  const last = await readFile(path, 'utf8').then(
    (text) => JSON.parse(text) as Partial<Record<string, number>>,
    () => ({}) as Partial<Record<string, number>>,
  );
  const chosen = new Map<string, number>();
  const choose = async (name: string): Promise<number> => {
    let port = last[name] ?? randomPort();
    while ([...chosen.values()].includes(port) || !(await isPortFree(port))) port = randomPort();
    chosen.set(name, port);
    return port;
  };
  const brokers: BrokerPorts[] = [];
  for (let number = 1; number <= brokerCount; number++) {
    const suffix = number === 1 ? '' : String(number);
    const port = await choose(`kafka${suffix}`);
    brokers.push({ port, controllerPort: await choose(`kafkaController${suffix}`) });
  }
  const ports: StackPorts = {
    brokers,
    schemaRegistry: await choose('schemaRegistry'),
    clickhouseHttp: await choose('clickhouseHttp'),
    clickhouseNative: await choose('clickhouseNative'),
    otlp: await choose('otlp'),
  };
  await writeFile(path, JSON.stringify({ ...last, ...Object.fromEntries(chosen) }));
  return ports;
}

function randomPort(): number {
  return FIRST_PORT + Math.floor(Math.random() * PORT_COUNT);
}
