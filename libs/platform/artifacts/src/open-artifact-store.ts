import type { ArtifactStore } from './artifact-store.js';
import { FileArtifactStore } from './file-artifact-store.js';
import { S3ArtifactStore } from './s3-artifact-store.js';

/** @param uri `file:///absolute/directory` or `s3://bucket/prefix` */
export function openArtifactStore(uri: string): ArtifactStore {
  return uri.startsWith('s3:') ? new S3ArtifactStore(uri) : new FileArtifactStore(uri);
}
