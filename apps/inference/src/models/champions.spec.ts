import type { AppliedPipeline, ModelAlias, ModelVersion } from '#contracts';
import { Retriable } from '#platform/outcomes';
import { eventually } from '#platform/testing';
import type { LoadedModel } from './champion.js';
import { Champions } from './champions.js';

const features = [{ kind: 'field', name: 'amount', field: 'amount', type: 'number' }] as const;
const pipeline = {
  definition: { name: 'payments', features, model: { task: 'binary-classification', threshold: 0.5 } },
  revision: 1,
} as unknown as AppliedPipeline;

const aVersion = (version: string, parts: Partial<ModelVersion> = {}): ModelVersion => ({
  kind: 'version',
  pipeline: 'payments',
  version,
  task: 'binary-classification',
  sha256: `sha256 of ${version}`,
  artifactUri: `file:///models/${version}`,
  sizeBytes: 1,
  features: ['amount'],
  input: { kind: 'matrix', input: 'features', type: 'float32', columns: 1 },
  output: { output: 'probabilities', width: 2, scoreColumn: 1 },
  registeredAt: '2026-01-01T00:00:00Z',
  registeredBy: 'test',
  description: '',
  metadata: {},
  ...parts,
});

/** A registry, a store and a runtime that do as the test says. */
class World {
  readonly released: string[] = [];
  readonly loaded: string[] = [];
  /** What the store answers for a version that is not simply there. */
  readonly trouble = new Map<string, Error>();
  /** Loads wait here while it is set. */
  gate: Promise<void> = Promise.resolve();
  private current: { version: ModelVersion; alias: ModelAlias } | undefined;
  private readonly listeners: ((pipeline: string) => void)[] = [];
  readonly champions = new Champions({
    models: {
      champion: () => this.current,
      subscribeChampions: (listener) => {
        this.listeners.push(listener);
        if (this.current !== undefined) void listener('payments');
        return () => undefined;
      },
    },
    pipelines: { list: () => [pipeline], subscribe: () => () => undefined },
    artifacts: {
      get: async (uri) => {
        const trouble = this.trouble.get(uri.slice(uri.lastIndexOf('/') + 1));
        if (trouble !== undefined) throw trouble;
        return new Uint8Array();
      },
    },
    log: { info() {}, warn() {}, error() {} },
    served: 'all',
    load: async (_, layouts): Promise<LoadedModel> => {
      await this.gate;
      const { version } = layouts as ModelVersion;
      this.loaded.push(version);
      return {
        score: async () => ({ scores: new Float64Array(), classScores: null, problems: new Map() }),
        release: async () => void this.released.push(version),
      };
    },
  });

  promote(version: ModelVersion, since = `2026-01-0${version.version}T00:00:00Z`): void {
    const alias = { kind: 'alias', pipeline: 'payments', alias: 'champion', changedBy: 'test', reason: '' } as const;
    this.current = { version, alias: { ...alias, version: version.version, since } };
    for (const listener of this.listeners) listener('payments');
  }

  async serves(version: string): Promise<void> {
    await eventually(() => expect(this.serving()).toBe(version));
  }

  serving(): string | null {
    try {
      const champion = this.champions.acquire(pipeline);
      champion.letGo();
      return champion.version.version;
    } catch {
      return null;
    }
  }
}

describe('Champions', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
    world.champions.start();
  });
  afterEach(() => world.champions.onApplicationShutdown());

  it('says what to do while there is no champion', () => {
    expect(() => world.champions.acquire(pipeline)).toThrow(Retriable);
    expect(world.champions.problems()).toEqual([
      'payments: no model is champion yet; register one: eddyline models register',
    ]);
  });

  it('serves the old model until the new one is loaded', async () => {
    world.promote(aVersion('1'));
    await world.serves('1');
    let open = (): void => undefined;
    world.gate = new Promise((resolve) => (open = resolve));
    world.promote(aVersion('2'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(world.serving()).toBe('1');
    expect(world.champions.problems()).toEqual([]);
    open();
    await world.serves('2');
    expect(world.released).toEqual(['1']);
  });

  it('frees the old model only after the last batch that holds it', async () => {
    world.promote(aVersion('1'));
    await world.serves('1');
    const [one, other] = [world.champions.acquire(pipeline), world.champions.acquire(pipeline)];
    world.promote(aVersion('2'));
    await world.serves('2');
    one.letGo();
    expect(world.released).toEqual([]);
    other.letGo();
    expect(world.released).toEqual(['1']);
  });

  it('goes straight to the newest when champions change faster than they load', async () => {
    let open = (): void => undefined;
    world.gate = new Promise((resolve) => (open = resolve));
    world.promote(aVersion('1'));
    world.promote(aVersion('2'));
    world.promote(aVersion('3'));
    open();
    await world.serves('3');
    expect(world.loaded).toEqual(['1', '3']);
    expect(world.released).toEqual(['1']);
  });

  it('goes back to an older version when the registry does', async () => {
    world.promote(aVersion('1'));
    await world.serves('1');
    world.promote(aVersion('2'));
    await world.serves('2');
    world.promote(aVersion('1'), '2026-01-03T00:00:00Z');
    await world.serves('1');
  });

  it('keeps the old model when the new one is refused, and takes the next', async () => {
    world.promote(aVersion('1'));
    await world.serves('1');
    world.trouble.set('2', new Error('corrupted'));
    world.promote(aVersion('2'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(world.serving()).toBe('1');
    world.promote(aVersion('3'));
    await world.serves('3');
  });

  it('waits for a store that is away', async () => {
    world.trouble.set('1', new Retriable('artifact_unreachable', 'the disk is away'));
    world.promote(aVersion('1'));
    await eventually(() =>
      expect(world.champions.problems()).toEqual(['payments: model version 1 cannot be loaded: the disk is away']),
    );
    world.trouble.clear();
    await world.serves('1');
  });

  it('does not score with an older champion than the partition was scored by', async () => {
    world.promote(aVersion('1'));
    await world.serves('1');
    const mark = { version: '2', since: '2026-01-02T00:00:00Z' };
    expect(() => world.champions.acquire(pipeline, mark)).toThrow(
      'payments: the partition was scored by version 2, which this instance has not loaded yet (it has 1)',
    );
    world.promote(aVersion('2'));
    await world.serves('2');
    world.champions.acquire(pipeline, mark).letGo();
  });

  it('does not serve a model made for other features or another task', async () => {
    world.promote(aVersion('1', { features: ['hour'] }));
    await eventually(() =>
      expect(world.champions.problems()).toEqual([
        'payments: model version 1 takes hour; revision 1 of the pipeline gives amount: register a model for it',
      ]),
    );
    world.promote(aVersion('2', { task: 'regression' }));
    await eventually(() =>
      expect(world.champions.problems()).toEqual([
        'payments: model version 2 is for regression, revision 1 of the pipeline for binary-classification: register a model for it',
      ]),
    );
  });

  it('frees everything when the service stops', async () => {
    world.promote(aVersion('1'));
    await world.serves('1');
    world.champions.onApplicationShutdown();
    expect(world.released).toEqual(['1']);
  });
});
