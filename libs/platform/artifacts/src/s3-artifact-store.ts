import type * as Sdk from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { Retriable } from '#platform/outcomes';
import { ArtifactCorrupted, type ArtifactStore, type StoredArtifact } from './artifact-store.js';

const ATTEMPTS = 3;
const CONNECT_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 60_000;

interface Opened {
  readonly sdk: typeof Sdk;
  readonly client: Sdk.S3Client;
}

/**
 * A bucket of S3, or of a store that speaks its language (MinIO, Ceph, R2): `<prefix>/<first two digits>/<sha256>`.
 *
 * Credentials come as the AWS SDK finds them: environment, profile, instance or web identity.
 */
export class S3ArtifactStore implements ArtifactStore {
  private readonly open: () => Promise<Opened>;
  private opened: Promise<Opened> | undefined;
  private readonly bucket: string;
  private readonly prefix: string;

  /** @param uri `s3://bucket/prefix?region=eu-central-1&endpoint=https://host:port`; an endpoint of its own is addressed by path */
  constructor(uri: string) {
    const { hostname, pathname, searchParams } = new URL(uri);
    const [region, endpoint] = [searchParams.get('region'), searchParams.get('endpoint')];
    this.bucket = hostname;
    this.prefix = pathname.replace(/^\/+|\/+$/g, '');
    this.open = async () => {
      // Loaded here: it takes as long as half of a command's start, and few stores are such.
      const sdk = await import('@aws-sdk/client-s3');
      const client = new sdk.S3Client({
        maxAttempts: ATTEMPTS,
        requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS },
        ...(region !== null && { region }),
        ...(endpoint !== null && { endpoint, forcePathStyle: true }),
      });
      return { sdk, client };
    };
  }

  async put(bytes: Uint8Array): Promise<StoredArtifact> {
    const digest = createHash('sha256').update(bytes).digest();
    const sha256 = digest.toString('hex');
    const Key = [...(this.prefix === '' ? [] : [this.prefix]), sha256.slice(0, 2), sha256].join('/');
    const uri = `s3://${this.bucket}/${Key}`;
    const ChecksumSHA256 = digest.toString('base64');
    const { sdk, client } = await this.use();
    await reachable(uri, async () => {
      if (await this.holds(Key, ChecksumSHA256)) return;
      // The store compares what came with the checksum, and answers once it is durable.
      await client.send(new sdk.PutObjectCommand({ Bucket: this.bucket, Key, Body: bytes, ChecksumSHA256 }));
    });
    return { uri, sha256, sizeBytes: bytes.byteLength };
  }

  async get(uri: string, sha256: string): Promise<Uint8Array> {
    const { protocol, hostname, pathname } = new URL(uri);
    if (protocol !== 's3:') throw new TypeError(`${uri} is not an s3:// address, this store reads no other`);
    const { sdk, client } = await this.use();
    const bytes = await reachable(uri, async () => {
      const answer = await client.send(new sdk.GetObjectCommand({ Bucket: hostname, Key: pathname.slice(1) }));
      return answer.Body!.transformToByteArray();
    });
    const actual = createHash('sha256').update(bytes).digest('hex');
    if (actual !== sha256) throw new ArtifactCorrupted(uri, sha256, actual);
    return bytes;
  }

  close(): void {
    void this.opened?.then(({ client }) => client.destroy());
  }

  private use(): Promise<Opened> {
    return (this.opened ??= this.open());
  }

  /** False also where the store tells no checksum: the object is then written anew. */
  private async holds(Key: string, checksum: string): Promise<boolean> {
    const { sdk, client } = await this.use();
    try {
      const head = await client.send(new sdk.HeadObjectCommand({ Bucket: this.bucket, Key, ChecksumMode: 'ENABLED' }));
      return head.ChecksumSHA256 === checksum;
    } catch (error) {
      if (statusOf(error) === 404) return false;
      throw error;
    }
  }
}

function statusOf(error: unknown): number | undefined {
  return (error as { readonly $metadata?: { readonly httpStatusCode?: number } }).$metadata?.httpStatusCode;
}

/** What is wrong with an answer may be mended while it is waited for: a bucket made, a permission given. */
async function reachable<T>(uri: string, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (cause) {
    const { name, message } = cause as Error;
    const why =
      statusOf(cause) === 404 && name !== 'NoSuchBucket'
        ? 'there is no such object'
        : [name === 'Error' ? '' : name, message === name ? '' : message].filter((part) => part !== '').join(': ');
    throw new Retriable('artifact_unreachable', `${uri} cannot be reached: ${why}`, { cause });
  }
}
