import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { MODEL_METADATA, type ModelTask, type ModelVersion, type PipelineDefinition } from '#contracts';
import { trainingPlanOf, trainingRowsOf, trainModel } from '#domain/learn';
import { NO_LIFECYCLE, NOT_SERVING } from '#domain/rollout';
import { FileArtifactStore, parseReferenceRows, type ReferenceRow } from '#platform/artifacts';
import { planChange, type LoopView } from '../lifecycle/loop-change.js';
import { decideServing } from '../lifecycle/serve-version.js';
import { readReference } from './model-reference.js';
import { registerModel } from './register-model.js';

const FIXTURES = new URL('../../../../libs/platform/onnx/fixtures/', import.meta.url);
const START = Date.UTC(2026, 0, 1);

/** The models in the fixtures take three numbers. */
function aPipeline(task: ModelTask, changes: Partial<PipelineDefinition> = {}): PipelineDefinition {
  return {
    name: 'readings',
    event: {
      schema: {
        type: 'record',
        name: 'Reading',
        fields: [
          { name: 'id', type: 'string' },
          { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
          { name: 'a', type: 'double' },
          { name: 'b', type: 'double' },
        ],
      },
      id: 'id',
      key: 'id',
      time: 'at',
    },
    expectations: [],
    dedupeWindowMs: null,
    features: [
      { name: 'a', type: 'number', kind: 'field', field: 'a' },
      { name: 'b', type: 'number', kind: 'field', field: 'b' },
      { name: 'twice', type: 'number', kind: 'cel', expression: 'event.a * 2.0' },
    ],
    model: { task, threshold: 0.5 },
    topics: { partitions: 1, replicationFactor: 1, retentionMs: 3_600_000, maxMessageBytes: 1_048_576 },
    ...changes,
  };
}

const rowsAs = (count: number, labelOf: (sum: number, i: number) => unknown) =>
  Array.from({ length: count }, (_, i) => {
    const [a, b] = [Math.sin(i), Math.cos(i * 3)];
    return { id: `r-${i}`, at: START + i, a, b, label: labelOf(a + b, i) };
  });
const ndjson = (rows: readonly object[]) => rows.map((row) => JSON.stringify(row)).join('\n');

describe('registerModel', () => {
  let folder: string;
  let registry: LoopView;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'eddyline-register-'));
    const record = { state: NO_LIFECYCLE('readings'), serving: NOT_SERVING('readings') };
    registry = { record, versions: [], flags: null };
  });
  afterEach(() => rm(folder, { recursive: true }));

  const fixture = (name: string) => readFile(new URL(`${name}.onnx`, FIXTURES));
  const file = async (name: string, content: string | Uint8Array) => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };

  async function register(
    bytes: Uint8Array,
    definition: PipelineDefinition,
    given?: { readonly path: string; readonly label?: string },
  ) {
    const applied = {
      definition,
      revision: 1,
      sha256: '',
      appliedAt: '',
      appliedBy: '',
      schemaIds: { event: 1, prediction: 2 },
    };
    return registerModel(
      bytes,
      applied,
      {
        description: 'a model',
        serve: (record, version) =>
          decideServing(record, version, 'at_once', { definition, clock: null, reason: 'registered' }),
        ...(given && {
          reference: (model, metadata) => readReference(given.path, given.label ?? null, model, metadata, definition),
        }),
      },
      {
        store: new FileArtifactStore(pathToFileURL(join(folder, 'artifacts')).href),
        change: async (decide) => {
          const changed = planChange(registry, decide, { by: 'test', atMs: START, clock: null });
          const added = changed.entries.filter((entry): entry is ModelVersion => entry.kind === 'version');
          registry = { ...registry, record: changed.after, versions: [...registry.versions, ...added] };
          return changed;
        },
      },
      { name: 'test', now: () => new Date(START) },
    );
  }
  const stored = async ({ reference }: ModelVersion): Promise<readonly ReferenceRow[]> =>
    parseReferenceRows(await readFile(fileURLToPath(reference!.artifactUri)));

  it('gives the same model another version where it comes with other rows, and only there', async () => {
    const definition = aPipeline('binary-classification');
    const model = await fixture('binary');
    const path = await file('rows.ndjson', ndjson(rowsAs(400, (sum, i) => (sum + Math.sin(i * 17) > 0 ? 1 : 0))));

    const without = await register(model, definition);
    expect(without.version).toMatchObject({ version: '1' });
    expect(without.version.reference).toBeUndefined();
    const unlabelled = await register(model, definition, { path });
    expect(unlabelled).toMatchObject({
      known: false,
      version: { version: '2', reference: { rows: 400, calibration: null } },
    });
    expect(await register(model, definition, { path })).toMatchObject({ known: true, version: { version: '2' } });
    const labelled = await register(model, definition, { path, label: 'label' });
    expect(labelled).toMatchObject({
      known: false,
      version: { version: '3' },
      changed: { after: { serving: { champion: { version: '3' } } } },
    });
    expect(labelled.version.reference!.calibration!.scores.length).toBeGreaterThan(1);
    // Without rows it is the newest that had some.
    expect(await register(model, definition)).toMatchObject({ known: true, version: { version: '3' } });

    expect((await stored(unlabelled.version))[1]).toEqual({
      features: { a: Math.sin(1), b: Math.cos(3), twice: 2 * Math.sin(1) },
      score: expect.any(Number),
      label: null,
    });
    expect((await stored(labelled.version)).filter(({ label }) => label === 1).length).toBeGreaterThan(100);
  });

  it('gives the rows the scores that scikit-learn gives them', async () => {
    const { rows, binary } = JSON.parse(await readFile(new URL('expected.golden.json', FIXTURES), 'utf8')) as {
      rows: number[][];
      binary: number[];
    };
    const definition = aPipeline('binary-classification', {
      features: ['a', 'b', 'c'].map((name) => ({ name, type: 'number', kind: 'cel', expression: `event.${name}` })),
      event: {
        ...aPipeline('regression').event,
        schema: {
          type: 'record',
          name: 'Reading',
          fields: [
            { name: 'id', type: 'string' },
            { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
            ...['a', 'b', 'c'].map((name) => ({ name, type: 'double' as const })),
          ],
        },
      },
    });
    const csv = ['id,at,a,b,c', ...rows.map((row, i) => [`r-${i}`, START, ...row].join())].join('\n');
    const { version } = await register(await fixture('binary'), definition, { path: await file('rows.csv', csv) });
    const gaps = (await stored(version)).map(({ score }, i) => Math.abs(score - binary[i]!));
    expect(gaps).toHaveLength(20);
    expect(Math.max(...gaps)).toBeLessThan(1e-6);
  });

  it('holds the largest probability of a multiclass model, and how often it is right', async () => {
    const definition = aPipeline('multiclass-classification', {
      label: {
        schema: { type: 'record', name: 'Label', fields: [] },
        match: { by: 'id', field: 'id' },
        field: 'label',
        values: { kind: 'classes', classes: ['low', 'middle', 'high'] },
        time: null,
        revision: null,
        withinMs: 1,
      },
    });
    const path = await file(
      'rows.ndjson',
      ndjson(rowsAs(300, (sum) => (sum < -0.7 ? 'low' : sum < 0.7 ? 'middle' : 2))),
    );
    const { version } = await register(await fixture('multiclass'), definition, { path, label: 'label' });
    const rows = await stored(version);
    expect(new Set(rows.map(({ label }) => label))).toEqual(new Set([0, 1, 2]));
    expect(Math.min(...rows.map(({ score }) => score))).toBeGreaterThan(1 / 3);
    const { scores, probabilities } = version.reference!.calibration!;
    expect(Math.max(...scores)).toBeLessThanOrEqual(1);
    // The model was made for these very classes.
    expect(probabilities.at(-1)).toBeGreaterThan(0.9);
  });

  it('holds the value of a regression, with labels where they are known, and no calibration', async () => {
    const definition = aPipeline('regression');
    const path = await file('rows.ndjson', ndjson(rowsAs(300, (sum) => (sum > 1 ? null : sum * 3))));
    const { version } = await register(await fixture('regression'), definition, { path, label: 'label' });
    expect(version.reference).toMatchObject({ rows: 300, calibration: null });
    const rows = await stored(version);
    expect(rows[0]).toEqual({ features: { a: 0, b: 1, twice: 0 }, score: expect.closeTo(5, 4), label: 3 });
    expect(rows.some(({ label }) => label === null)).toBe(true);
  });

  it('leaves out what is no event or has a label that is none, and says so', async () => {
    const path = await file('rows.ndjson', ndjson([...rowsAs(30, (_, i) => (i === 7 ? 'maybe' : i % 2)), { id: 'x' }]));
    const { version, remarks } = await register(await fixture('binary'), aPipeline('binary-classification'), {
      path,
      label: 'label',
    });
    expect(version.reference!.rows).toBe(29);
    expect(remarks).toEqual([
      expect.stringMatching(/^left out 2 rows of .*, first line 8: the label label must be 0 or 1$/),
    ]);
  });

  it('keeps a sample of many rows', async () => {
    const csv = ['id,at,a,b', ...Array.from({ length: 25_000 }, (_, i) => `r-${i},${START + i},${(i % 100) / 50},0.5`)];
    const path = await file('rows.csv', csv.join('\n'));
    const once = await register(await fixture('binary'), aPipeline('binary-classification'), { path });
    expect(once.version.reference!.rows).toBe(20_000);
    const again = await register(await fixture('binary'), aPipeline('binary-classification'), { path });
    expect(again.known).toBe(true);
  });

  it('takes a calibration by held-out rows from the model before one of the rows that it is given', async () => {
    const rows = rowsAs(300, (sum, i) => (sum + Math.sin(i * 17) > 0 ? 1 : 0));
    const pipeline = aPipeline('binary-classification');
    const trained = trainModel(
      trainingRowsOf(
        pipeline.features,
        rows.map(({ a, b }) => [a, b, a * 2]),
        rows.map(({ label }) => label as number),
      ),
      { ...trainingPlanOf(pipeline), trainer: 'linear', holdout: 0 },
    );
    if (!trained.ok) throw new Error(trained.kind);
    const path = await file('rows.ndjson', ndjson(rows));
    const { version } = await register(trained.onnx, pipeline, { path, label: 'label' });
    expect(version.reference!.calibration).toEqual(trained.calibration);
    expect(version.metadata).not.toHaveProperty([MODEL_METADATA.calibration]);
  });

  it.each([
    ['no such file', null, 'cannot read the reference'],
    ['an empty file', '', 'is empty: the first line has to name the columns'],
    ['no events', 'x,y\n1,2\n', 'has no rows that are events of readings: line 2'],
    [
      'a reference with a bad line',
      gzipSync('{"features":{},"score":1,"label":0}\n{"features":{}}\n'),
      'is no reference: line 2',
    ],
    [
      'a reference of other features',
      gzipSync('{"features":{"c":1},"score":1,"label":0}\n'),
      'has the features c; the pipeline readings gives a, b, twice',
    ],
    [
      'a reference of another model',
      gzipSync('{"features":{"a":1,"b":1,"twice":2},"score":0.123,"label":0}\n'),
      'was made by another model: line 1 has the score 0.123',
    ],
  ] as const)('refuses %s and registers nothing', async (_, content, message) => {
    const path = content === null ? join(folder, 'nowhere.csv') : await file('given.csv', content);
    await expect(register(await fixture('binary'), aPipeline('binary-classification'), { path })).rejects.toThrow(
      message,
    );
    expect([registry.versions, registry.record.state.sequence]).toEqual([[], 0]);
  });
});
