import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Retriable } from '#platform/outcomes';
import { ArtifactCorrupted, FileArtifactStore } from './index.js';

const bytes = new TextEncoder().encode('a model');
const sha256 = '97ff8a35544dcf40ad84047074439dd6aa3a0be469ea578a1b1c017d939ec61c';

describe('FileArtifactStore', () => {
  let directory: string;
  let store: FileArtifactStore;

  beforeEach(async () => {
    directory = join(await mkdtemp(join(tmpdir(), 'eddyline-artifacts-')), 'not yet made');
    store = new FileArtifactStore(pathToFileURL(directory).href);
  });
  afterEach(() => rm(join(directory, '..'), { recursive: true }));

  it('gives back what was put, by its content', async () => {
    const stored = await store.put(bytes);
    expect(stored).toEqual({ uri: expect.stringMatching(new RegExp(`^file://.*/${stored.sha256}$`)), sizeBytes: 7, sha256 }); // prettier-ignore
    expect(Buffer.from(await store.get(stored.uri, stored.sha256)).toString()).toBe('a model');
  });

  it('keeps one file for the same bytes, and no temporary files', async () => {
    const [first] = await Promise.all([store.put(bytes), store.put(bytes), store.put(bytes)]);
    expect(await readdir(join(fileURLToPath(first.uri), '..'))).toEqual([first.sha256]);
  });

  it('refuses a file whose content has changed, and mends it when the bytes are put again', async () => {
    const stored = await store.put(bytes);
    await writeFile(fileURLToPath(stored.uri), 'another model');
    const refusal = await store.get(stored.uri, stored.sha256).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ArtifactCorrupted);
    expect((refusal as Error).message).toContain(`registered was ${stored.sha256}`);
    await store.put(bytes);
    await expect(store.get(stored.uri, stored.sha256)).resolves.toBeDefined();
  });

  it('is waited for when a file is not there', async () => {
    const uri = pathToFileURL(join(directory, 'missing')).href;
    const error = await store.get(uri, sha256).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(Retriable);
    expect(error).toMatchObject({
      code: 'artifact_unreachable',
      message: `${uri} cannot be reached: there is no such file`,
    });
  });
});
