/** Where an artifact lies and how it is known. */
export interface StoredArtifact {
  readonly uri: string;
  /** Hex. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** Keeps immutable files (models) by their content. */
export interface ArtifactStore {
  /** Resolves when the bytes are durable. Storing the same bytes again changes nothing. @throws Retriable */
  put(bytes: Uint8Array): Promise<StoredArtifact>;
  /**
   * The bytes at `uri`, checked against `sha256`.
   * @throws Retriable (`artifact_unreachable`) when the store is away or does not hold it yet: wait and ask again
   * @throws ArtifactCorrupted when it holds other bytes: waiting will not mend that
   */
  get(uri: string, sha256: string): Promise<Uint8Array>;
}

/** Thrown when an artifact is not what was registered; callers should refuse the model and name it. */
export class ArtifactCorrupted extends Error {
  override readonly name = 'ArtifactCorrupted';

  constructor(
    readonly uri: string,
    readonly expectedSha256: string,
    readonly actualSha256: string,
  ) {
    super(
      `${uri} is corrupted: its sha256 is ${actualSha256}, registered was ${expectedSha256}; ` +
        'restore the file, or register the model again',
    );
  }
}
