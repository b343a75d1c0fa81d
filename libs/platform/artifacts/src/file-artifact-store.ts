import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Retriable } from '#platform/outcomes';
import { ArtifactCorrupted, type ArtifactStore, type StoredArtifact } from './artifact-store.js';

/** A directory (local or a network mount), one file per artifact: `<first two digits>/<sha256>`. */
export class FileArtifactStore implements ArtifactStore {
  private readonly directory: string;

  /** @param uri `file:///absolute/directory`; made when it is missing */
  constructor(uri: string) {
    this.directory = fileURLToPath(uri);
  }

  async put(bytes: Uint8Array): Promise<StoredArtifact> {
    const sha256 = sha256Of(bytes);
    const path = join(this.directory, sha256.slice(0, 2), sha256);
    const stored = { uri: pathToFileURL(path).href, sha256, sizeBytes: bytes.byteLength };
    await reachable(stored.uri, async () => {
      if (await holds(path, sha256)) return;
      await mkdir(dirname(path), { recursive: true });
      await writeDurably(path, bytes);
    });
    return stored;
  }

  async get(uri: string, sha256: string): Promise<Uint8Array> {
    const path = uri.startsWith('file:') ? fileURLToPath(uri) : null;
    if (path === null) throw new TypeError(`${uri} is not a file:// address, this store reads no other`);
    const bytes = await reachable(uri, () => readFile(path));
    const actual = sha256Of(bytes);
    if (actual !== sha256) throw new ArtifactCorrupted(uri, sha256, actual);
    return bytes;
  }
}

/** False also for a damaged file, which is then written anew. */
async function holds(path: string, sha256: string): Promise<boolean> {
  try {
    return sha256Of(await readFile(path)) === sha256;
  } catch {
    return false;
  }
}

/**
 * 1. Bytes to a temporary file beside the target, synced to disk: a crash leaves a file that nobody reads.
 * 2. Rename: readers see nothing or everything.
 * 3. The directory synced, so that the name outlives a power failure too.
 */
async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await withFile(temporary, 'wx', async (file) => {
      await file.writeFile(bytes);
      await file.sync();
    });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await withFile(dirname(path), 'r', (directory) => directory.sync());
}

async function withFile<T>(
  path: string,
  flags: string,
  use: (file: Awaited<ReturnType<typeof open>>) => Promise<T>,
): Promise<T> {
  const file = await open(path, flags);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

async function reachable<T>(uri: string, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : message;
    throw new Retriable('artifact_unreachable', `${uri} cannot be reached: ${why}`, { cause });
  }
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
