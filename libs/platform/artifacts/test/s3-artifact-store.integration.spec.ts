import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ArtifactCorrupted, openArtifactStore, type ArtifactStore } from '#platform/artifacts';
import { Retriable } from '#platform/outcomes';
import { S3Server } from './s3-server.js';

const bytes = new TextEncoder().encode('a model');
const sha256 = '97ff8a35544dcf40ad84047074439dd6aa3a0be469ea578a1b1c017d939ec61c';
const Key = `models/97/${sha256}`;

let server: S3Server;
let store: ArtifactStore;
let client: S3Client;

beforeAll(async () => {
  process.env['AWS_ACCESS_KEY_ID'] = 'test';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
  server = await S3Server.start('eddyline');
  store = openArtifactStore(`s3://eddyline/models?region=eu-central-1&endpoint=${server.endpoint}`);
  client = new S3Client({ region: 'eu-central-1', endpoint: server.endpoint, forcePathStyle: true });
});

afterAll(async () => {
  client?.destroy();
  await server?.stop();
});

const overwrite = async (Body: string): Promise<void> =>
  void (await client.send(new PutObjectCommand({ Bucket: 'eddyline', Key, Body })));

async function refusalOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'nothing was refused',
    (error: unknown) => error,
  );
}

it('gives back what was put, by its content, and puts the same but once', async () => {
  const stored = await store.put(bytes);
  expect(stored).toEqual({ uri: `s3://eddyline/${Key}`, sha256, sizeBytes: 7 });
  expect(Buffer.from(await store.get(stored.uri, sha256)).toString()).toBe('a model');
  const written = async () =>
    (await client.send(new GetObjectCommand({ Bucket: 'eddyline', Key }))).LastModified!.getTime();
  const first = await written();
  await new Promise((resolve) => setTimeout(resolve, 1_100)); // the server tells whole seconds
  await store.put(bytes);
  expect(await written()).toBe(first);
});

it('refuses an object whose content has changed, and mends it when the bytes are put again', async () => {
  const { uri } = await store.put(bytes);
  await overwrite('another model');
  const refusal = await refusalOf(store.get(uri, sha256));
  expect(refusal).toBeInstanceOf(ArtifactCorrupted);
  expect((refusal as Error).message).toContain(`registered was ${sha256}`);
  await store.put(bytes);
  await expect(store.get(uri, sha256)).resolves.toBeDefined();
});

it('is waited for when an object or the bucket is not there, and when nobody answers', async () => {
  const missing = await refusalOf(store.get(`s3://eddyline/models/00/nothing`, sha256));
  expect(missing).toBeInstanceOf(Retriable);
  expect(missing).toMatchObject({
    code: 'artifact_unreachable',
    message: 's3://eddyline/models/00/nothing cannot be reached: there is no such object',
  });
  const elsewhere = openArtifactStore(`s3://no-such-bucket?region=eu-central-1&endpoint=${server.endpoint}`);
  expect(await refusalOf(elsewhere.put(bytes))).toMatchObject({
    code: 'artifact_unreachable',
    message: expect.stringContaining('NoSuchBucket'),
  });
  const away = openArtifactStore('s3://eddyline?region=eu-central-1&endpoint=http://127.0.0.1:9');
  expect(await refusalOf(away.put(bytes))).toMatchObject({
    code: 'artifact_unreachable',
    message: expect.stringContaining('ECONNREFUSED'),
  });
});
