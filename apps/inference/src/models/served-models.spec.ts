import type { AppliedPipeline, ModelVersion, Serving } from '#contracts';
import { Retriable } from '#platform/outcomes';
import { eventually } from '#platform/testing';
import type { LoadedModel } from './served-model.js';
import { ServedModels } from './served-models.js';

const features = [{ kind: 'field', name: 'amount', field: 'amount', type: 'number' }] as const;
const definition = {
  name: 'payments',
  features,
  model: { task: 'binary-classification', threshold: 0.5 },
  rollout: {},
};
const pipeline = { definition, revision: 1 } as unknown as AppliedPipeline;

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

const aPart = (version: string) => ({ version, since: '2026-01-01T00:00:00Z', changedBy: 'test', reason: '' });

/** A registry, a store and a runtime that do as the test says. */
class World {
  readonly released: string[] = [];
  readonly loaded: string[] = [];
  /** What the store answers for a version that is not simply there. */
  readonly trouble = new Map<string, Error>();
  /** Loads wait here while it is set, of all versions or of one. */
  private gate: { readonly of: string | null; readonly opened: Promise<void> } = {
    of: null,
    opened: Promise.resolve(),
  };
  pipeline = pipeline;
  private versions: ModelVersion[] = [];
  private current: Serving | undefined;
  private readonly listeners: ((pipeline: string) => void)[] = [];
  readonly models = new ServedModels({
    models: {
      serving: () => this.current,
      versions: () => this.versions,
      subscribe: (listener) => {
        this.listeners.push(listener);
        if (this.current !== undefined) void listener('payments');
        return () => undefined;
      },
    },
    pipelines: { list: () => [this.pipeline], subscribe: () => () => undefined },
    artifacts: {
      get: async (uri) => {
        const trouble = this.trouble.get(uri.slice(uri.lastIndexOf('/') + 1));
        if (trouble !== undefined) throw trouble;
        return new Uint8Array();
      },
    },
    log: { info() {}, warn() {}, error() {} },
    served: 'all',
    patienceMs: 200,
    load: async (_, layouts): Promise<LoadedModel> => {
      const { version } = layouts as ModelVersion;
      if ((this.gate.of ?? version) === version) await this.gate.opened;
      this.loaded.push(version);
      return {
        score: async () => ({ scores: new Float64Array(), classScores: null, problems: new Map() }),
        release: async () => void this.released.push(version),
      };
    },
  });

  /** Loads wait until what this gives is called. */
  close(of: string | null = null): () => void {
    let open = (): void => undefined;
    this.gate = { of, opened: new Promise((resolve) => (open = resolve)) };
    return () => open();
  }

  promote(version: ModelVersion): void {
    this.appoint({ champion: version });
  }

  appoint({
    champion,
    challenger,
    previous,
  }: {
    champion: ModelVersion;
    challenger?: ModelVersion;
    previous?: ModelVersion;
  }): void {
    const named = [champion, challenger, previous].filter((version) => version !== undefined);
    this.versions = [...this.versions.filter((one) => named.every(({ version }) => version !== one.version)), ...named];
    this.current = {
      kind: 'serving',
      pipeline: 'payments',
      sequence: (this.current?.sequence ?? 0) + 1,
      champion: aPart(champion.version),
      challenger: challenger ? { ...aPart(challenger.version), mode: 'canary', share: 0.25, salt: 'salt' } : null,
      previous: previous ? aPart(previous.version) : null,
    };
    for (const listener of this.listeners) listener('payments');
  }

  async serves(version: string, challenger: string | null = null): Promise<void> {
    await eventually(() => expect(this.serving()).toEqual([version, challenger]));
  }

  sequence(): number {
    const pair = this.models.acquire(this.pipeline);
    pair.letGo();
    return pair.mark.sequence;
  }

  /** Versions of champion and challenger. */
  serving(): readonly [string, string | null] | null {
    try {
      const pair = this.models.acquire(this.pipeline);
      pair.letGo();
      return [pair.champion.version.version, pair.challenger?.model?.version.version ?? null];
    } catch {
      return null;
    }
  }
}

describe('ServedModels', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
    world.models.start();
  });
  afterEach(() => world.models.onApplicationShutdown());

  it('says what to do while there is no champion', () => {
    expect(() => world.models.acquire(pipeline)).toThrow(Retriable);
    expect(world.models.problems()).toEqual([
      'payments: no model is champion yet; register one: eddyline models register',
    ]);
  });

  it('serves the old model until the new one is loaded', async () => {
    world.promote(aVersion('1'));
    await world.serves('1');
    const open = world.close();
    world.promote(aVersion('2'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(world.serving()).toEqual(['1', null]);
    expect(world.models.problems()).toEqual([]);
    open();
    await world.serves('2');
    expect(world.released).toEqual(['1']);
  });

  it('frees the old model only after the last batch that holds it', async () => {
    world.promote(aVersion('1'));
    await world.serves('1');
    const [one, other] = [world.models.acquire(pipeline), world.models.acquire(pipeline)];
    world.promote(aVersion('2'));
    await world.serves('2');
    one.letGo();
    expect(world.released).toEqual([]);
    other.letGo();
    expect(world.released).toEqual(['1']);
  });

  it('goes straight to the newest when champions change faster than they load', async () => {
    const open = world.close();
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
    world.promote(aVersion('1'));
    await world.serves('1');
  });

  it('goes back at once while the champion that is taken back is still being loaded', async () => {
    world.promote(aVersion('1'));
    await world.serves('1');
    const open = world.close('2');
    world.promote(aVersion('2'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    world.promote(aVersion('1'));
    await eventually(() => expect(world.sequence()).toBe(3));
    expect(world.models.remarks()).toEqual([]);
    open();
    await eventually(() => expect(world.released).toEqual(['2']));
    world.promote(aVersion('2'));
    await world.serves('2');
  });

  it('keeps the old model when the new one is refused, and takes the next', async () => {
    world.promote(aVersion('1'));
    await world.serves('1');
    world.trouble.set('2', new Error('corrupted'));
    world.promote(aVersion('2'));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(world.serving()).toEqual(['1', null]);
    world.promote(aVersion('3'));
    await world.serves('3');
  });

  it('waits for a store that is away', async () => {
    world.trouble.set('1', new Retriable('artifact_unreachable', 'the disk is away'));
    world.promote(aVersion('1'));
    await eventually(() =>
      expect(world.models.problems()).toEqual(['payments: model version 1 cannot be loaded: the disk is away']),
    );
    world.trouble.clear();
    await world.serves('1');
  });

  it('does not score with an older champion than the partition was scored by', async () => {
    world.promote(aVersion('1'));
    await world.serves('1');
    const mark = { sequence: 2, champion: '2' };
    expect(() => world.models.acquire(pipeline, mark)).toThrow(
      'payments: the partition was scored by version 2 (serving 2), which this instance has not taken over yet (it has 1, serving 1)',
    );
    world.promote(aVersion('2'));
    await world.serves('2');
    world.models.acquire(pipeline, mark).letGo();
  });

  it('does not serve a model made for other features or another task', async () => {
    world.promote(aVersion('1', { features: ['hour'] }));
    await eventually(() =>
      expect(world.models.problems()).toEqual([
        'payments: model version 1 takes hour; revision 1 of the pipeline gives amount: register a model for it',
      ]),
    );
    world.promote(aVersion('2', { task: 'regression' }));
    await eventually(() =>
      expect(world.models.problems()).toEqual([
        'payments: model version 2 is for regression, revision 1 of the pipeline for binary-classification: register a model for it',
      ]),
    );
  });

  it('frees everything when the service stops', async () => {
    world.promote(aVersion('1'));
    await world.serves('1');
    world.models.onApplicationShutdown();
    expect(world.released).toEqual(['1']);
  });

  describe('with a challenger', () => {
    const [one, two, three] = [aVersion('1'), aVersion('2'), aVersion('3')];
    const challenge = () => world.appoint({ champion: one, challenger: two });
    beforeEach(async () => {
      world.promote(one);
      await world.serves('1');
    });

    it('gives both, once the challenger is loaded; until then the champion serves as before', async () => {
      const open = world.close();
      challenge();
      await new Promise((resolve) => setTimeout(resolve, 20));
      const before = world.models.acquire(pipeline);
      expect(before.mark).toEqual({ sequence: 1, champion: '1' });
      expect(before.challenger).toBeNull();
      expect(world.models.remarks()).toEqual(['payments: model version 2 is being loaded; version 1 goes on']);
      open();
      await world.serves('1', '2');
      const pair = world.models.acquire(pipeline);
      expect(pair.mark).toEqual({ sequence: 2, champion: '1' });
      expect(pair.challenger).toMatchObject({ mode: 'canary', share: 0.25, salt: 'salt' });
      expect(world.models.remarks()).toEqual([]);
      for (const held of [before, pair]) held.letGo();
    });

    it('loads nothing anew when the challenger is promoted, nor when that is taken back', async () => {
      challenge();
      await world.serves('1', '2');
      world.appoint({ champion: two, previous: one });
      await world.serves('2');
      world.appoint({ champion: one });
      await world.serves('1');
      expect(world.loaded).toEqual(['1', '2']);
      expect(world.released).toEqual(['2']);
    });

    it('frees a challenger that is rolled back after the last batch that holds it', async () => {
      challenge();
      await world.serves('1', '2');
      const pair = world.models.acquire(pipeline);
      world.promote(one);
      await world.serves('1');
      expect(world.released).toEqual([]);
      pair.letGo();
      expect(world.released).toEqual(['2']);
    });

    it('goes on without one that is no good, and says so', async () => {
      world.trouble.set('2', new Error('corrupted'));
      challenge();
      const pair = await eventually(() => {
        const held = world.models.acquire(pipeline);
        held.letGo();
        expect(held.mark.sequence).toBe(2);
        return held;
      });
      expect(pair.challenger).toMatchObject({ model: null, share: 0.25 });
      expect(world.models.remarks()).toEqual([
        'payments: the challenger does not score: model version 2 cannot be loaded: corrupted',
      ]);
      expect(world.models.problems()).toEqual([]);
      world.appoint({ champion: one, challenger: three });
      await world.serves('1', '3');
    });

    it('goes on without one whose file cannot be reached, and takes it in when it can', async () => {
      world.trouble.set('2', new Retriable('artifact_unreachable', 'the disk is away'));
      challenge();
      await eventually(() =>
        expect(world.models.remarks()[0]).toMatch(/the challenger does not score.*the disk is away$/),
      );
      expect(world.serving()).toEqual(['1', null]);
      world.trouble.clear();
      await world.serves('1', '2');
    });

    it('does not put a challenger on that was taken back while it was loaded', async () => {
      const open = world.close();
      challenge();
      await new Promise((resolve) => setTimeout(resolve, 20));
      world.promote(one);
      const seen = new Set<unknown>();
      const looking = setInterval(() => seen.add(JSON.stringify(world.serving())), 1);
      open();
      await eventually(() => expect(world.released).toEqual(['2']));
      clearInterval(looking);
      expect([...seen].filter((pair) => pair !== '["1",null]')).toEqual([]);
    });

    it('goes back to an older champion at once while a challenger is being loaded', async () => {
      world.appoint({ champion: two, previous: one });
      await world.serves('2');
      const open = world.close('3');
      world.appoint({ champion: two, previous: one, challenger: three });
      await new Promise((resolve) => setTimeout(resolve, 20));
      world.appoint({ champion: one });
      await world.serves('1');
      open();
      await eventually(() => expect(world.released.toSorted()).toEqual(['2', '3']));
    });

    it('lets the champion serve without one that takes long, and takes it in when it is there', async () => {
      const open = world.close('3');
      world.appoint({ champion: two, challenger: three });
      await world.serves('2');
      expect(world.models.problems()).toEqual([]);
      expect(world.models.remarks()).toEqual(['payments: the challenger does not score: it is being loaded']);
      open();
      await world.serves('2', '3');
      expect(world.loaded).toEqual(['1', '2', '3']);
    });

    it('does not score with one made for other features', async () => {
      world.appoint({ champion: one, challenger: aVersion('2', { features: ['hour'] }) });
      await eventually(() =>
        expect(world.models.remarks()).toEqual([
          'payments: the challenger does not score: model version 2 takes hour; revision 1 of the pipeline gives amount: register a model for it',
        ]),
      );
      expect(world.serving()).toEqual(['1', null]);
    });

    it('has none where the pipeline file has no section rollout', async () => {
      const { rollout: _, ...without } = definition;
      world.pipeline = { ...pipeline, definition: without } as unknown as AppliedPipeline;
      challenge();
      await eventually(() => expect(world.models.remarks()[0]).toContain('the pipeline file has no section rollout'));
      const pair = world.models.acquire(world.pipeline);
      expect(pair.challenger).toBeNull();
      pair.letGo();
    });
  });
});
