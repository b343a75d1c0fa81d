import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { StackError } from '../stack-error.js';
import { classArchiveOf } from './class-archive.js';

const run = promisify(execFile);
const POM = join(import.meta.dirname, 'pom.xml');

const OTHER_WAYS =
  'Or use a Kafka of your own: KAFKA_BROKERS=host:port, or the one of docker compose: `docker compose up -d kafka`.';

export interface KafkaJars {
  /** The folder that they are in. */
  readonly libs: string;
  readonly version: string;
  /** Of their classes; need not be there. */
  readonly archive: string;
}

/**
 * The broker's jars, fetched with Maven on first use into a cache that all clones of a user share.
 * @throws StackError when Java or Maven is missing or Maven cannot fetch.
 */
export async function kafkaJars(cacheDir: string, onProgress: (line: string) => void): Promise<KafkaJars> {
  const java = await requireJava();
  const pom = await readFile(POM, 'utf8');
  const version = /<artifactId>kafka_2\.13<\/artifactId>\s*<version>([^<]+)</.exec(pom)?.[1] ?? 'unknown';
  const hash = createHash('sha256').update(pom).digest('hex').slice(0, 12);
  const libs = join(cacheDir, `kafka-${version}-${hash}`);
  if (!existsSync(libs)) await fetchJars(cacheDir, libs, version, onProgress);
  return { libs, version, archive: classArchiveOf(libs, java) };
}

/** What it says of itself. */
async function requireJava(): Promise<string> {
  try {
    const { stderr } = await run('java', ['-version']);
    const major = Number(/version "(\d+)/.exec(stderr)?.[1] ?? Number.NaN);
    if (major < 17) {
      throw new StackError(`Kafka 4 needs Java 17 or newer; this is Java ${major}. Install a newer one. ${OTHER_WAYS}`);
    }
    return stderr;
  } catch (cause) {
    if (cause instanceof StackError) throw cause;
    throw new StackError(
      `No Java found, and the local Kafka broker needs Java 17 or newer: \`apt-get install openjdk-17-jre-headless maven\` or \`brew install openjdk maven\`. ${OTHER_WAYS}`,
      { cause },
    );
  }
}

async function fetchJars(cacheDir: string, libs: string, version: string, onProgress: (line: string) => void) {
  try {
    await run('mvn', ['--version']);
  } catch (cause) {
    throw new StackError(
      `No Maven found; it fetches the local Kafka broker once: \`apt-get install maven\` or \`brew install maven\`. ${OTHER_WAYS}`,
      { cause },
    );
  }
  await mkdir(cacheDir, { recursive: true });
  const staging = await mkdtemp(join(cacheDir, 'fetching-'));
  onProgress(`Fetching Apache Kafka ${version} (46 jars, 43 MB; only the first time) …`);
  const ticker = setInterval(() => {
    readdir(staging).then(
      (files) => onProgress(`Fetching Apache Kafka ${version}: ${files.length} jars`),
      () => undefined,
    );
  }, 5_000);
  try {
    const goals = ['-q', '-B', '-f', POM, 'dependency:copy-dependencies', '-DincludeScope=runtime'];
    await run('mvn', [...goals, `-DoutputDirectory=${staging}`], { maxBuffer: 16 * 1024 * 1024 });
    await rename(staging, libs);
  } catch (cause) {
    await rm(staging, { recursive: true, force: true });
    if (existsSync(libs)) return; // another clone fetched the same at the same time
    const output = cause instanceof Error && 'stdout' in cause ? String(cause.stdout).trim() : String(cause);
    throw new StackError(
      `Maven could not fetch Apache Kafka ${version}:\n${output.split('\n').slice(0, 8).join('\n')}\nCheck the network and the mirror in ~/.m2/settings.xml. ${OTHER_WAYS}`,
      { cause },
    );
  } finally {
    clearInterval(ticker);
  }
}
