import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const JAR = 's3mock-4.9.1-exec.jar';
const POM = join(import.meta.dirname, 's3-mock.xml');
/** Beside what the local stack fetches, for all clones of a user. */
const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'eddyline');

/** A real S3 server on loopback: the protocol with its checksums and its errors, its objects in a temporary folder. */
export class S3Server {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    readonly endpoint: string,
  ) {}

  static async start(bucket: string): Promise<S3Server> {
    const jar = await fetchJar();
    const folder = await mkdtemp(join(tmpdir(), 'eddyline-s3-'));
    const child = spawn(
      'java',
      ['-Xmx192m', '-XX:TieredStopAtLevel=1', '-jar', jar, '--server.port=0', '--http.port=0'],
      {
        env: { ...process.env, COM_ADOBE_TESTING_S3MOCK_STORE_INITIAL_BUCKETS: bucket, COM_ADOBE_TESTING_S3MOCK_STORE_ROOT: folder },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    ); // prettier-ignore
    const said: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      said.push(line);
      const port = /Tomcat started on ports .*?(\d+) \(http\)/.exec(line)?.[1];
      if (port === undefined) continue;
      child.stdout.resume();
      return new S3Server(child, folder, `http://127.0.0.1:${port}`);
    }
    throw new Error(`the S3 server ended before it listened:\n${said.slice(-10).join('\n')}`);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGKILL');
      await once(this.child, 'exit');
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function fetchJar(): Promise<string> {
  const kept = join(CACHE, JAR);
  if (existsSync(kept)) return kept;
  await mkdir(CACHE, { recursive: true });
  const staging = await mkdtemp(join(CACHE, 'fetching-'));
  try {
    const goals = ['-q', '-B', '-f', POM, 'dependency:copy-dependencies', `-DoutputDirectory=${staging}`];
    await promisify(execFile)('mvn', goals, { maxBuffer: 16 * 1024 * 1024 });
    await rename(join(staging, JAR), kept);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return kept;
}
