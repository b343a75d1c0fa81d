export { ArtifactCorrupted, type ArtifactStore, type StoredArtifact } from './artifact-store.js';
export { FileArtifactStore } from './file-artifact-store.js';
export { openArtifactStore } from './open-artifact-store.js';
export { formatReferenceRows, parseReferenceRows, ReferenceUnreadable, type ReferenceRow } from './reference-rows.js';
export { S3ArtifactStore } from './s3-artifact-store.js';
