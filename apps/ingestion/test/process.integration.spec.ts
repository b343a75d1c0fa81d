import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { stack } from '#platform/testing';

const ROOT = join(import.meta.dirname, '../../..');
const MAIN = join(ROOT, 'dist/apps/ingestion/src/main.js');

const running: ChildProcess[] = [];

function start(environment: Readonly<Record<string, string>>): ChildProcess {
  const child = spawn(process.execPath, [MAIN], {
    env: {
      KAFKA_BROKERS: stack().kafkaBrokers,
      SCHEMA_REGISTRY_URL: stack().schemaRegistryUrl,
      PORT: '0',
      ...environment,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  running.push(child);
  return child;
}

async function firstLine({ stdout }: ChildProcess): Promise<{ event: string; service: string; port: number }> {
  const [line] = (await once(createInterface(stdout!), 'line')) as [string];
  return JSON.parse(line) as { event: string; service: string; port: number };
}

async function textOf({ stderr }: ChildProcess): Promise<string> {
  let text = '';
  for await (const chunk of stderr!) text += String(chunk);
  return text;
}

afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
});

describe('the process', () => {
  it('ends with 1 and everything that is wrong with its configuration', async () => {
    const child = start({ KAFKA_BROKERS: '', PORT: 'x' });
    const [text, [code]] = await Promise.all([textOf(child), once(child, 'exit')]);
    expect(code).toBe(1);
    expect(text).toContain('2 problems in the configuration');
    expect(text).toContain('KAFKA_BROKERS (unset) must be set');
    expect(text).toContain('PORT ("x") is not a whole number');
  });

  it('says on stdout when it works, and ends with 0 when asked to', async () => {
    const child = start({});
    const line = await firstLine(child);
    expect(line).toEqual({ event: 'ready', service: 'ingestion', port: expect.any(Number) });
    expect((await fetch(`http://127.0.0.1:${line.port}/health/ready`)).status).toBe(200);
    child.kill('SIGTERM');
    expect((await once(child, 'exit'))[0]).toBe(0);
  });

  it('does not outlive the process that started it', async () => {
    const parent = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const child = start({ EDDYLINE_PARENT_PID: String(parent.pid) });
    await firstLine(child);
    parent.kill('SIGKILL');
    expect((await once(child, 'exit'))[0]).toBe(0);
  });

  it('ends when its stdin does, if told so', async () => {
    const child = start({ EDDYLINE_WATCH_STDIN: 'true' });
    await firstLine(child);
    child.stdin!.end();
    expect((await once(child, 'exit'))[0]).toBe(0);
  });

  it('ends with 1 and one clear line when it cannot listen', async () => {
    const port = new URL(`http://${stack().kafkaBrokers}`).port;
    const child = start({ PORT: port });
    const [text, [code]] = await Promise.all([textOf(child), once(child, 'exit')]);
    expect(code).toBe(1);
    expect(text).toContain(`ingestion stops: listen EADDRINUSE: address already in use 127.0.0.1:${port}`);
  });
});
