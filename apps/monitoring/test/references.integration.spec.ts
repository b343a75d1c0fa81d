import { createHash } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { ModelReference } from '#contracts';
import { FileArtifactStore, formatReferenceRows } from '#platform/artifacts';
import { eventually, stack } from '#platform/testing';
import { MonitoringHarness, sharedTelemetry, WATCHED } from './monitoring-harness.js';

describe('what models were trained on', () => {
  const harnesses: MonitoringHarness[] = [];
  const store = new FileArtifactStore(stack().artifacts);

  beforeAll(() => sharedTelemetry());
  afterEach(async () => {
    await Promise.all(harnesses.splice(0).map((harness) => harness.close()));
  });

  async function given(): Promise<MonitoringHarness> {
    const harness = await MonitoringHarness.create({ changes: WATCHED });
    harnesses.push(harness);
    return harness;
  }

  /** The reference as an artifact, and what the registry says of it. @param salt makes the content its own */
  async function aReference(rows: number, salt: string): Promise<{ reference: ModelReference; bytes: Uint8Array }> {
    const bytes = await formatReferenceRows(
      Array.from({ length: rows }, (_, row) => ({
        features: { price: row, other: salt },
        score: row / rows,
        label: row % 2 === 0 ? 1 : null,
      })),
    );
    const { uri, sha256 } = await store.put(bytes);
    return { reference: { artifactUri: uri, sha256, rows, calibration: null }, bytes };
  }

  const rowsOf = (harness: MonitoringHarness) =>
    harness.select(
      `SELECT model_version AS version, toUInt32(count()) AS rows, toUInt32(uniqExact(row)) AS places, sum(feature_price) AS prices, toUInt32(count(label)) AS labels
       FROM ${harness.database}.model_reference GROUP BY version ORDER BY version`,
    );

  it('is brought into the log once, of every version that has it, however often the service starts', async () => {
    const harness = await given();
    const { reference } = await aReference(45_000, harness.definition.name);
    await harness.registerVersion('1');
    await harness.registerVersion('2', reference);
    const expected = [{ version: '2', rows: 45_000, places: 45_000, prices: (45_000 * 44_999) / 2, labels: 22_500 }];
    // Two at once, as members of a group are.
    const services = await Promise.all([harness.start(), harness.start()]);
    await Promise.all(services.map(({ ready }) => ready));
    await eventually(async () => expect(await rowsOf(harness)).toEqual(expected));
    await Promise.all(services.map((service) => service.close()));
    // As after a death in the middle.
    await harness.clickhouse.command({
      query: `ALTER TABLE ${harness.database}.model_reference DELETE WHERE row % 3 = 0 SETTINGS mutations_sync = 1`,
    });
    await (
      await harness.start()
    ).ready;
    await eventually(async () => expect(await rowsOf(harness)).toEqual(expected));
    const { reference: next } = await aReference(10, `${harness.definition.name}-3`);
    await harness.registerVersion('3', next);
    await eventually(async () =>
      expect(await rowsOf(harness)).toEqual([...expected, expect.objectContaining({ version: '3', rows: 10 })]),
    );
    expect(harness.fatal).toEqual([]);
  });

  it('is waited for, and what is broken is said and stops nothing', async () => {
    const harness = await given();
    const [missing, broken, short, none] = await Promise.all(
      ['missing', 'broken', 'short', 'none'].map((salt) => aReference(100, `${harness.definition.name}-${salt}`)),
    );
    await rm(fileURLToPath(missing!.reference.artifactUri));
    await writeFile(fileURLToPath(broken!.reference.artifactUri), 'other bytes');
    const garbage = await store.put(Buffer.from(harness.definition.name));
    await harness.registerVersion('1', missing!.reference);
    await harness.registerVersion('2', broken!.reference);
    await harness.registerVersion('3', { ...short!.reference, rows: 101 });
    await harness.registerVersion('4', {
      ...none!.reference,
      artifactUri: garbage.uri,
      sha256: createHash('sha256').update(harness.definition.name).digest('hex'),
    });
    const service = await harness.start();
    await service.ready;
    await eventually(async () => {
      const response = await fetch(`${service.url}/health/ready`);
      expect(response.status).toBe(200);
      const { notes } = (await response.json()) as { notes?: { part: string; note: string }[] };
      const said = (notes ?? []).filter(({ part }) => part === 'references').map(({ note }) => note);
      expect(said).toEqual([
        expect.stringMatching(/version 1 .*there is no such file/),
        expect.stringMatching(/version 2 .*is corrupted/),
        expect.stringMatching(/version 3 .*has 100 rows, registered were 101/),
        expect.stringMatching(/version 4 .*cannot be unpacked/),
      ]);
    });
    await harness.publishPredictions([1, 2, 3]);
    await eventually(async () => expect(await harness.counts()).toEqual({ rows: 3, events: 3 }));
    // Both are found once they are there again.
    await store.put(missing!.bytes);
    await store.put(broken!.bytes);
    await eventually(async () =>
      expect(await rowsOf(harness)).toEqual([
        expect.objectContaining({ version: '1', rows: 100 }),
        expect.objectContaining({ version: '2', rows: 100 }),
      ]),
    );
    expect(harness.fatal).toEqual([]);
  });
});
