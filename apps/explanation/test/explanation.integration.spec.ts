import { KafkaStreamServer } from '#platform/kafka-stream';
import { eventually } from '#platform/testing';
import { ExplanationHarness } from './explanation-harness.js';

describe('the explanation service', () => {
  let harness: ExplanationHarness;

  beforeAll(async () => {
    harness = await ExplanationHarness.start({ top: 1, sample: 0, when: 'prediction.score > 0.6' });
    await harness.register('1', { explainer: true });
    await harness.register('2', { reference: true });
    await harness.register('3', {});
  });

  afterAll(async () => {
    await harness.close();
    expect(harness.fatal).toEqual([]);
  });

  const explanationsOf = async (...readings: readonly string[]) =>
    (await harness.explanations()).filter(({ explanation }) => readings.includes(explanation.event_id));

  it('explains the predictions that are chosen, by the model that made them, and no other', async () => {
    await harness.predict(1, harness.prediction('low', 0.25), harness.prediction('high', 0.75));
    await harness.caughtUp();
    const found = await explanationsOf('low', 'high');
    expect(found).toHaveLength(1);
    const { explanation, ...record } = found[0]!;
    expect(record).toMatchObject({ partition: 1, key: Buffer.from('high'), timestampMs: Date.UTC(2026, 3, 1, 12) + 1 });
    const { base_value, contributions, explained_at, ...rest } = explanation;
    expect(JSON.parse(JSON.stringify(rest))).toEqual({
      event_id: 'high',
      event_time: Date.UTC(2026, 3, 1, 12),
      model_version: '1',
      role: 'champion',
      prediction_partition: 1,
      prediction_offset: 1,
      method: 'tree_shap',
      unit: 'log_odds',
      output: 3,
      why: 'when',
      trace_id: 'c'.repeat(32),
    });
    expect(Math.abs(Date.now() - explained_at)).toBeLessThan(60_000);
    // By hand: 0.5 · −1 + 0.4 · 1 + 0.1 · 3; price alone 1.4, vic alone 0.5 · −1 + 0.5 · 3, both 3.
    expect(base_value).toBeCloseTo(0.2, 12);
    expect(contributions.map(({ feature }) => feature)).toEqual(['price', 'region']);
    expect(contributions[0]!.contribution).toBeCloseTo(1.6, 12);
    expect(contributions[1]!.contribution).toBeCloseTo(1.2, 12);
  });

  it('asks the model file itself where the version came with nothing but rows', async () => {
    await harness.predict(0, harness.prediction('opaque', 0.75, { model_version: '2' }));
    await harness.caughtUp();
    const [found] = await explanationsOf('opaque');
    const { method, unit, output, base_value, contributions } = found!.explanation;
    expect({ method, unit }).toEqual({ method: 'sampling_shap', unit: 'probability' });
    expect(output).toBeCloseTo(1 / (1 + Math.exp(-3)), 6);
    // Of the two reference rows: sigmoid(−1) and sigmoid(1).
    expect(base_value).toBeCloseTo(0.5, 6);
    expect(contributions.reduce((sum, { contribution }) => sum + contribution, base_value)).toBeCloseTo(output, 9);
  });

  it('goes on past predictions that nothing explains, and says so', async () => {
    await harness.predict(
      0,
      harness.prediction('alone', 0.75, { model_version: '3' }),
      harness.prediction('another model', 0.75, { score: 0.7 }),
      harness.prediction('after', 0.75),
    );
    await harness.caughtUp();
    expect((await explanationsOf('alone', 'another model', 'after')).map(({ explanation }) => explanation.event_id)).toEqual(['after']); // prettier-ignore
    const { status, body } = await harness.get('/health/ready');
    expect(status).toBe(200);
    expect(JSON.stringify(body)).toContain('predictions of version 3 are not explained');
  });

  it('waits for the store, and loses nothing', async () => {
    const { explainer } = await harness.register('4', { explainer: true });
    const putBack = await harness.takeAway(explainer!.artifactUri);
    await harness.predict(1, harness.prediction('patient', 0.75, { model_version: '4' }));
    await eventually(async () => {
      expect(JSON.stringify((await harness.get('/health/ready')).body)).toContain('cannot be reached');
    });
    expect(await explanationsOf('patient')).toEqual([]);
    await putBack();
    await harness.caughtUp();
    expect(await explanationsOf('patient')).toHaveLength(1);
  });

  it('explains nothing on the stream while the flag is off', async () => {
    const flag = { target: 'explanations', on: false, value: null, share: 1, since: '', changedBy: '', reason: '' };
    await harness.switch([flag]);
    await eventually(async () => {
      const reading = `off-${performance.now()}`;
      await harness.predict(0, harness.prediction(reading, 0.75));
      await harness.caughtUp();
      expect(await explanationsOf(reading)).toEqual([]);
    });
    await harness.switch([]);
  });

  describe('asked for a prediction', () => {
    const ask = (eventId: string, pipeline = harness.definition.name) =>
      harness.get(`/v1/pipelines/${pipeline}/predictions/${encodeURIComponent(eventId)}/explanation`);

    beforeAll(async () => {
      await harness.log(
        harness.prediction('asked/for', null),
        harness.prediction('asked-alone', 0.75, { model_version: '3' }),
      );
    });

    it('answers what each feature contributed, chosen or not', async () => {
      const { status, body } = await ask('asked/for');
      expect(status).toBe(200);
      const { base_value, contributions, ...rest } = body as {
        base_value: number;
        contributions: readonly { feature: string; value: unknown; contribution: number }[];
      };
      expect(rest).toEqual({
        event_id: 'asked/for',
        event_time: '2026-04-01T12:00:00.000Z',
        model_version: '1',
        role: 'champion',
        score: 1 / (1 + Math.exp(1)),
        decision: 'negative',
        method: 'tree_shap',
        unit: 'log_odds',
        output: -1,
        reasons: ['price'],
      });
      expect(contributions.map(({ feature, value }) => [feature, value])).toEqual([
        ['price', null],
        ['region', 'vic'],
      ]);
      expect(contributions.reduce((sum, { contribution }) => sum + contribution, base_value)).toBeCloseTo(-1, 9);
    });

    it.each([
      ['an event that the log does not hold', 'never', undefined, 404, 'unknown_event'],
      ['a pipeline that is not there', 'asked/for', 'nowhere', 404, 'unknown_pipeline'],
      ['a prediction that nothing explains', 'asked-alone', undefined, 422, 'unexplainable'],
    ])('tells the problem of %s', async (_, eventId, pipeline, status, code) => {
      const answer = await ask(eventId, pipeline);
      expect(answer.status).toBe(status);
      expect(answer.body).toMatchObject({ status, type: expect.stringContaining(code) });
    });

    it('is described as OpenAPI', async () => {
      const { body } = await harness.get('/openapi.json');
      expect(Object.keys(body['paths'] as object)).toContain(
        '/v1/pipelines/{pipeline}/predictions/{event_id}/explanation',
      );
    });
  });
});

describe('a pipeline that does not explain by itself', () => {
  it('has its predictions explained on demand all the same', async () => {
    const harness = await ExplanationHarness.start(undefined);
    try {
      await harness.register('1', { explainer: true });
      await harness.log(harness.prediction('r-1', 0.75));
      const path = `/v1/pipelines/${harness.definition.name}/predictions/r-1/explanation`;
      const { body } = await eventually(async () => {
        const answer = await harness.get(path);
        expect(answer.status).toBe(200);
        return answer;
      });
      expect(body['reasons']).toEqual(['price', 'region']);
      expect(harness.service.app.get(KafkaStreamServer).stageStatuses()).toEqual([]);
      expect(harness.fatal).toEqual([]);
    } finally {
      await harness.close();
    }
  });
});
