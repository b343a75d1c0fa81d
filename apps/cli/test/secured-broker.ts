import { fetchedKafka, uniqueName } from '#platform/testing';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface SecuredBroker {
  readonly address: string;
  readonly admin: { readonly user: string; readonly password: string };
  readonly user: { readonly user: string; readonly password: string };
  stop(): Promise<void>;
}

const ADMIN = { user: 'admin', password: 'admin-of-the-test' };
const USER = { user: 'worker', password: 'worker-of-the-test' };

/**
 * A broker of its own that lets nobody in without a password (SASL/PLAIN), and lets everybody but the admin do only what
 * ACLs grant. Run from the jars that the local stack has fetched.
 */
export async function startSecuredBroker(): Promise<SecuredBroker> {
  const directory = await mkdtemp(join(tmpdir(), `${uniqueName('eddyline-broker')}-`));
  const [port, controllerPort] = [await freePort(), await freePort()];
  const properties = join(directory, 'server.properties');
  await writeFile(properties, settings(directory, port, controllerPort));
  const java = ['-XX:TieredStopAtLevel=1', '-cp', join(fetchedKafka(), '*')];
  const format = ['kafka.tools.StorageTool', 'format', '-t', 'eddylineSecuredBroker1', '-c', properties];
  await promisify(execFile)('java', [...java, ...format]);
  const broker = spawn('java', ['-Xmx256m', ...java, 'kafka.Kafka', properties], { stdio: 'ignore' });
  return {
    address: `127.0.0.1:${port}`,
    admin: ADMIN,
    user: USER,
    async stop() {
      const gone = once(broker, 'exit');
      broker.kill('SIGKILL');
      await gone;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function settings(directory: string, port: number, controllerPort: number): string {
  const users = [ADMIN, USER].map(({ user, password }) => `user_${user}="${password}"`).join(' ');
  const login = `username="${ADMIN.user}" password="${ADMIN.password}" ${users}`;
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `SASL_PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'listener.security.protocol.map': 'SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'SASL_PLAINTEXT',
    'sasl.enabled.mechanisms': 'PLAIN',
    'sasl.mechanism.inter.broker.protocol': 'PLAIN',
    'listener.name.sasl_plaintext.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required ${login};`,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    // The controller's listener asks for no password; nobody else reaches it.
    'super.users': `User:${ADMIN.user};User:ANONYMOUS`,
    'log.dirs': join(directory, 'data'),
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 1,
    'auto.create.topics.enable': false,
    'log.cleaner.dedupe.buffer.size': 16 * 1024 * 1024,
  })
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
