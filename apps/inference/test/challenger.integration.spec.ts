import type { PredictionRecord, Serving } from '#contracts';
import { isChallenger } from '#domain/routing';
import { eventually } from '#platform/testing';
import { aPayment, InferenceHarness, type Logged, type Payment } from './inference-harness.js';

type Challenger = NonNullable<Serving['challenger']>;

const aChallenger = (version: string, parts: Partial<Challenger> = {}): Challenger => ({
  version,
  since: new Date().toISOString(),
  changedBy: 'test',
  reason: 'test',
  mode: 'shadow',
  share: 0,
  salt: 'salt',
  ...parts,
});
const SHARE = 0.25;
const aCanary = (version: string) => aChallenger(version, { mode: 'canary', share: SHARE });

const cards = Array.from({ length: 200 }, (_, i) => `card-${i}`);
const isTheirs = (card: string) => isChallenger('salt', card, SHARE);
const theirCard = cards.find(isTheirs)!;

const aBatch = (count = 200): readonly Payment[] =>
  Array.from({ length: count }, (_, i) =>
    aPayment({ card: cards[i % cards.length]!, amount: i % 100, hour: 1 + (i % 23) }),
  );

describe('inference with a challenger', () => {
  let harness: InferenceHarness;
  beforeEach(async () => {
    harness = await InferenceHarness.create();
    await harness.promote('1');
  });
  afterEach(() => harness.close());

  const score = async (url: string, payment: Payment) => {
    const body = JSON.stringify(payment);
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${url}/v1/pipelines/${harness.name}/score`, { method: 'POST', headers, body });
    return (await response.json()) as { readonly version: string; readonly threshold: number };
  };
  /** By HTTP, which takes what the stream's next batch takes. */
  const serves = (url: string, card: string, version: string) =>
    eventually(async () => expect((await score(url, aPayment({ card }))).version).toBe(version));
  const notes = async (url: string) =>
    ((await (await fetch(`${url}/health/ready`)).json()) as { readonly notes?: readonly { readonly note: string }[] })
      .notes;
  const ofStream = (records: readonly Logged<PredictionRecord>[], ids: ReadonlySet<string>) =>
    records.filter(({ record }) => record.source === 'stream' && ids.has(record.event_id));

  /** What came of these events, once all are there. */
  async function outcomeOf(payments: readonly Payment[]) {
    const ids = new Set(payments.map(({ id }) => id));
    const predictions = await eventually(async () => {
      const found = ofStream(await harness.predictions(), ids);
      expect(found).toHaveLength(payments.length);
      return found;
    });
    const shadows = ofStream(await harness.shadows(), ids);
    const told = (records: readonly Logged<PredictionRecord>[]) =>
      new Map(records.map(({ record: { event_id, role, model_version, propensity } }) => [event_id, `${role} ${model_version} ${propensity}`])); // prettier-ignore
    return { predictions, shadows, served: told(predictions), shadowed: told(shadows) };
  }

  /** Each event as `expected` says of its card. */
  const each = (payments: readonly Payment[], expected: (card: string) => string) =>
    new Map(payments.map(({ id, card }) => [id, expected(card)]));
  const sorted = (map: ReadonlyMap<string, string>) => [...map].sort();

  it('scores everything in the shadow, then serves its share of the keys, is promoted, and is taken back', async () => {
    await harness.train('2', { inverted: true });
    await harness.serve({ champion: '1', challenger: aChallenger('2') });
    const service = await harness.start();

    const shadowed = aBatch();
    await harness.publish(shadowed);
    const inShadow = await outcomeOf(shadowed);
    expect(sorted(inShadow.served)).toEqual(sorted(each(shadowed, () => 'champion 1 1')));
    expect(sorted(inShadow.shadowed)).toEqual(sorted(each(shadowed, () => 'shadow 2 1')));
    const shadows = new Map(inShadow.shadows.map((one) => [one.record.event_id, one]));
    for (const { record, partition, key } of inShadow.predictions) {
      const shadow = shadows.get(record.event_id)!;
      expect([shadow.partition, String(shadow.key)]).toEqual([partition, String(key)]);
      expect(shadow.record).toEqual({
        ...record,
        role: 'shadow',
        model_version: '2',
        model_sha256: expect.not.stringMatching(record.model_sha256),
        score: expect.any(Number),
        decision: expect.stringMatching(/positive|negative/),
        scoring_ms: expect.any(Number),
      });
      expect(shadow.record.score).not.toBe(record.score);
    }

    await harness.serve({ champion: '1', challenger: aCanary('2') });
    await serves(service.url, theirCard, '2');
    await serves(
      service.url,
      cards.find((card) => !isTheirs(card))!,
      '1',
    );
    const split = aBatch(400);
    await harness.publish(split);
    const inCanary = await outcomeOf(split);
    expect(sorted(inCanary.served)).toEqual(
      sorted(each(split, (card) => (isTheirs(card) ? 'canary 2 0.25' : 'champion 1 0.75'))),
    );
    expect(sorted(inCanary.shadowed)).toEqual(
      sorted(each(split, (card) => (isTheirs(card) ? 'shadow 1 0.25' : 'shadow 2 0.75'))),
    );
    const byDoor = (await harness.shadows()).filter(({ record }) => record.source === 'score');
    expect(new Set(byDoor.map(({ record }) => record.model_version))).toEqual(new Set(['1', '2']));

    for (const champion of ['2', '1']) {
      await harness.serve({ champion });
      await serves(service.url, champion === '2' ? cards.find((card) => !isTheirs(card))! : theirCard, champion);
      const alone = aBatch();
      await harness.publish(alone);
      const { served, shadows } = await outcomeOf(alone);
      expect(sorted(served)).toEqual(sorted(each(alone, () => `champion ${champion} 1`)));
      expect(shadows).toEqual([]);
    }
  });

  it('loses and doubles nothing while events flow, parts are dealt anew and a member leaves; no partition goes back', async () => {
    await harness.train('2', { inverted: true });
    const [first, second] = [await harness.start(), await harness.start()];
    const published: Payment[] = [];
    let flowing = true;
    const flow = (async () => {
      while (flowing) {
        const payments = aBatch(40);
        await harness.publish(payments);
        published.push(...payments);
      }
    })();
    /** Until each partition has a prediction of the stream in this role by this version. */
    const seen = (role: string, version: string) =>
      eventually(async () => {
        const found = (await harness.predictions()).filter(
          ({ record }) => record.role === role && record.model_version === version,
        );
        expect(new Set(found.map(({ partition }) => partition)).size).toBe(2);
      });
    await seen('champion', '1');
    await harness.serve({ champion: '1', challenger: aCanary('2') });
    await seen('canary', '2');
    for (const { url } of [first, second]) await serves(url, theirCard, '2');
    await first.close();
    await harness.serve({ champion: '2' });
    await seen('champion', '2');
    flowing = false;
    await flow;

    const { predictions, shadows } = await outcomeOf(published);
    expect(new Set(predictions.map(({ record }) => record.event_id)).size).toBe(published.length);
    const shadowOf = new Map(shadows.map(({ record }) => [record.event_id, record]));
    expect(shadowOf.size).toBe(shadows.length);
    /** Who was on when it was scored: 0 the first alone, 1 both, 2 the second alone. */
    const phaseOf = ({ event_id, role, model_version, flags }: PredictionRecord): number => {
      expect(flags).toEqual([]);
      const shadow = shadowOf.get(event_id);
      if (shadow === undefined) {
        expect(role).toBe('champion');
        return model_version === '1' ? 0 : 2;
      }
      expect([model_version, shadow.model_version].sort()).toEqual(['1', '2']);
      return 1;
    };
    for (const partition of [0, 1]) {
      const phases = predictions.filter((one) => one.partition === partition).map(({ record }) => phaseOf(record));
      expect(phases).toEqual([...phases].sort());
      expect(new Set(phases)).toEqual(new Set([0, 1, 2]));
    }
    const canaries = predictions.filter(({ record }) => shadowOf.has(record.event_id)).map(({ record }) => record);
    expect(canaries.filter(({ event_key, role }) => isTheirs(event_key) !== (role === 'canary'))).toEqual([]);
  });

  it('serves everything by the champion where the challenger is no good, and says so', async () => {
    const first = await harness.train('2');
    const broken = await harness.artifacts.put(Buffer.from('not a model'));
    await harness.publishVersion({ ...first, version: '3', sha256: broken.sha256, artifactUri: broken.uri });
    await harness.publishVersion({ ...first, version: '4', features: ['inverse_hour', 'amount'] });
    const service = await harness.start();
    for (const version of ['3', '4']) {
      await harness.serve({ champion: '1', challenger: aChallenger(version, { mode: 'canary', share: 1 }) });
      await eventually(async () => {
        const reason =
          version === '3' ? 'model version 3 cannot be loaded' : 'model version 4 takes inverse_hour, amount';
        expect((await notes(service.url))?.map(({ note }) => note)).toEqual([
          expect.stringContaining(`${harness.name}: the challenger does not score: ${reason}`),
        ]);
      });
      const payments = aBatch(50);
      await harness.publish(payments);
      const { predictions, served, shadows } = await outcomeOf(payments);
      expect(sorted(served)).toEqual(sorted(each(payments, () => 'champion 1 1')));
      expect(shadows).toEqual([]);
      expect(new Set(predictions.flatMap(({ record }) => record.flags))).toEqual(new Set(['challenger_failed']));
    }
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    expect(metrics).toMatch(
      new RegExp(`eddyline_inference_challenger_failures_total\\{[^}]*${harness.name}[^}]*\\} 100`),
    );
    await harness.serve({ champion: '1' });
    await eventually(async () => expect(await notes(service.url)).toBeUndefined());
  });

  it('heeds flags from when they are set', async () => {
    const service = await harness.start();
    await serves(service.url, theirCard, '1');
    const aFlag = { on: false, value: null, share: 1, since: '', changedBy: 'test', reason: 'test' };
    await harness.switch([
      { ...aFlag, target: 'threshold', on: true, value: 0.9 },
      { ...aFlag, target: 'feature:inverse_hour' },
      { ...aFlag, target: 'rule:amount.range' },
    ]);
    await eventually(async () => expect((await score(service.url, aPayment())).threshold).toBe(0.9));
    // Both would have been refused: by its expectation at the door, and because the feature cannot be computed.
    const odd = aPayment({ amount: -1, hour: 0 });
    expect(await score(service.url, odd)).toMatchObject({ version: '1', threshold: 0.9 });
    await harness.publish([odd]);
    const { predictions } = await outcomeOf([odd]);
    expect(predictions[0]!.record).toMatchObject({ threshold: 0.9, features: { amount: -1, inverse_hour: null } });
  });
});
