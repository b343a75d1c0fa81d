import { openArtifactStore } from '#platform/artifacts';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Champion } from '../read-control.js';

export interface StoreFacts {
  /** The first model that is registered makes it. */
  readonly exists: boolean;
  readonly writable: boolean;
}

/** @throws what the file system says when the store cannot be reached */
export async function readStore(uri: string): Promise<StoreFacts> {
  const directory = fileURLToPath(uri);
  const entry = await stat(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (entry === undefined) return { exists: false, writable: false };
  if (!entry.isDirectory()) throw new Error(`${directory} is not a directory`);
  const writable = await access(directory, constants.W_OK).then(
    () => true,
    () => false,
  );
  return { exists: true, writable };
}

/** The size of a champion's artifact, whose bytes were checked. @throws Retriable, ArtifactCorrupted */
export async function readArtifact(storeUri: string, { version }: Champion): Promise<number> {
  if (version === undefined) throw new Error('the version is not on the log');
  const bytes = await openArtifactStore(storeUri).get(version.artifactUri, version.sha256);
  return bytes.byteLength;
}
