import { HEADER } from '#contracts';
import { eventually } from '#platform/testing';
import { aPayment, InferenceHarness } from './inference-harness.js';

/** The parts of answers that the tests look at; each answer has some of them. */
interface Body {
  readonly detail: string;
  readonly error: string;
  readonly type: string;
  readonly versions: readonly string[];
  readonly score: number;
  readonly results: readonly unknown[];
  readonly errors: readonly unknown[];
  readonly outputs: readonly { name: string; datatype: string; shape: number[]; data: (number | string)[] }[];
  readonly paths: Readonly<Record<string, unknown>>;
}

const post = async (url: string, body: unknown, headers: Record<string, string> = {}) => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, type: response.headers.get('content-type'), body: (await response.json()) as Body };
};
const get = async (url: string) => {
  const response = await fetch(url);
  return { status: response.status, body: (await response.json()) as Body };
};

describe('inference', () => {
  let harness: InferenceHarness;
  beforeEach(async () => {
    harness = await InferenceHarness.create();
  });
  afterEach(() => harness.close());

  it('waits for a model, then scores what came in the meantime, each event once', async () => {
    const payments = Array.from({ length: 300 }, (_, i) => aPayment({ amount: i % 100, hour: 1 + (i % 23) }));
    const service = await harness.start();
    await harness.publish(payments, { [HEADER.flags]: 'hour.range,amount.range' });
    await eventually(async () => {
      const { status, body } = await get(`${service.url}/health/ready`);
      expect(status).toBe(503);
      expect(body.detail).toContain(`${harness.name}: no model is champion yet`);
    });
    expect(await harness.predictions()).toEqual([]);

    const version = await harness.promote('1');
    const predictions = await eventually(async () => {
      const all = await harness.predictions();
      expect(all).toHaveLength(payments.length);
      return all;
    });
    expect(predictions.map(({ record }) => record.event_id).sort()).toEqual(payments.map(({ id }) => id).sort());
    const { record, partition, key, headers } = predictions.find((it) => it.record.event_id === payments[81]!.id)!;
    expect(record).toEqual({
      event_id: payments[81]!.id,
      event_key: 'card-1',
      event_time: payments[81]!.at,
      model: harness.name,
      model_version: '1',
      model_sha256: version.sha256,
      role: 'champion',
      propensity: 1,
      features: { amount: 81, inverse_hour: 1 / payments[81]!.hour },
      flags: ['hour.range', 'amount.range'],
      score: expect.any(Number),
      class_scores: [],
      decision: 'positive',
      threshold: 0.5,
      reasons: [],
      predicted_at: expect.any(Number),
      scoring_ms: expect.any(Number),
      trace_id: '',
      source: 'stream',
      input_topic: `${harness.name}.validated`,
      input_partition: 1,
      input_offset: 40,
      pipeline_revision: 1,
      event: payments[81],
    });
    expect(record.score).toBeGreaterThan(0.5);
    expect(record.scoring_ms).toBeGreaterThan(0);
    expect(partition).toBe(1);
    expect(String(key)).toBe('card-1');
    expect(String(headers[HEADER.ceId])).toBe(payments[81]!.id);
    await eventually(async () => expect(await get(`${service.url}/health/ready`)).toMatchObject({ status: 200 }));
  });

  it('quarantines what has no features and goes on with the next event of the partition', async () => {
    await harness.promote('1');
    await harness.start();
    const good = [aPayment(), aPayment(), aPayment({ amount: null })];
    await harness.publish([good[0]!, good[1]!, aPayment({ id: 'midnight', hour: 0 }), good[2]!]);
    await eventually(async () => expect(await harness.predictions()).toHaveLength(3));
    const [quarantined, ...more] = await harness.read('quarantine');
    expect(more).toEqual([]);
    expect(String(quarantined!.headers[HEADER.quarantineReason])).toBe('feature_error');
    expect(String(quarantined!.headers[HEADER.quarantineMessage])).toBe(
      'feature inverse_hour: `1.0 / event.hour` gave Infinity, expected a finite number.',
    );
    const missing = (await harness.predictions()).find(({ record }) => record.event_id === good[2]!.id)!;
    expect(missing.record.features).toEqual({ amount: null, inverse_hour: 1 / 12 });
    expect(missing.record.score).toBeGreaterThan(0);
  });

  it('swaps the model while events flow: on each partition all of the new follow all of the old, none missing', async () => {
    await harness.promote('1');
    await harness.start();
    const ids: string[] = [];
    let flowing = true;
    const flow = (async () => {
      while (flowing) {
        const payments = Array.from({ length: 40 }, () => aPayment({ amount: 90 }));
        await harness.publish(payments);
        ids.push(...payments.map(({ id }) => id));
      }
    })();
    const seen = (version: string) =>
      eventually(async () => {
        const versions = (await harness.predictions()).map(({ record }) => record.model_version);
        expect(versions).toContain(version);
      });
    await seen('1');
    await harness.promote('2', { inverted: true });
    await seen('2');
    flowing = false;
    await flow;
    const predictions = await eventually(async () => {
      const all = await harness.predictions();
      expect(all).toHaveLength(ids.length);
      return all;
    });
    expect(predictions.map(({ record }) => record.event_id).sort()).toEqual([...ids].sort());
    for (const partition of [0, 1]) {
      const versions = predictions.filter((it) => it.partition === partition).map(({ record }) => record.model_version);
      expect(versions).toEqual([...versions].sort());
      expect(new Set(versions)).toEqual(new Set(['1', '2']));
    }
    const decisions = new Set(predictions.map(({ record }) => `${record.model_version} ${record.decision}`));
    expect(decisions).toEqual(new Set(['1 positive', '2 negative']));
  });

  it('keeps the old model when the new one cannot serve', async () => {
    const first = await harness.promote('1');
    const service = await harness.start();
    await harness.publish([aPayment()]);
    await eventually(async () => expect(await harness.predictions()).toHaveLength(1));
    const bytes = await harness.artifacts.put(Buffer.from('not a model'));
    await harness.register({ ...first, version: '2', sha256: bytes.sha256, artifactUri: bytes.uri });
    await harness.register({ ...first, version: '3', output: { output: 'nothing', width: 1, scoreColumn: 0 } });
    await harness.publish([aPayment()]);
    await eventually(async () => expect(await harness.predictions()).toHaveLength(2));
    expect((await harness.predictions()).map(({ record }) => record.model_version)).toEqual(['1', '1']);
    expect((await get(`${service.url}/v2/models/${harness.name}`)).body.versions).toEqual(['1']);
  });

  it('does not score with a model made for other features', async () => {
    const service = await harness.start();
    const first = await harness.promote('1');
    await harness.register({ ...first, version: '2', features: ['inverse_hour', 'amount'] });
    await eventually(async () => {
      const { status, body } = await get(`${service.url}/health/ready`);
      expect(status).toBe(503);
      expect(body.detail).toContain(
        'model version 2 takes inverse_hour, amount; revision 1 of the pipeline gives amount, inverse_hour: register a model for it',
      );
    });
    await harness.publish([aPayment()]);
    await harness.promote('3');
    await eventually(async () => expect(await harness.predictions()).toHaveLength(1));
    expect((await harness.predictions())[0]!.record.model_version).toBe('3');
  });

  it('gives the logged score for the served features, by the Open Inference Protocol', async () => {
    await harness.promote('1');
    const service = await harness.start();
    const payments = [aPayment({ amount: 0.1 }), aPayment({ amount: 77.7 }), aPayment({ amount: null, hour: 7 })];
    await harness.publish(payments);
    const logged = await eventually(async () => {
      const all = await harness.predictions();
      expect(all).toHaveLength(3);
      return all.map(({ record }) => record);
    });
    const rows = logged.map(({ features }) => [features['amount'], features['inverse_hour']]);
    const url = `${service.url}/v2/models/${harness.name}/infer`;
    const matrix = { name: 'features', datatype: 'FP64', shape: [3, 2], data: rows };
    const columns = ['amount', 'inverse_hour'].map((name, column) => {
      return { name, datatype: 'FP64', shape: [3], data: rows.map((row) => row[column]) };
    });
    for (const inputs of [[matrix], [{ ...matrix, data: rows.flat() }], columns]) {
      const { status, body } = await post(url, { id: 'request-1', parameters: { a: 1 }, inputs });
      expect(status).toBe(200);
      expect(body).toMatchObject({
        model_name: harness.name,
        model_version: '1',
        id: 'request-1',
        parameters: { a: 1 },
      });
      expect(body.outputs.map(({ name, datatype, shape }) => [name, datatype, shape])).toEqual([
        ['score', 'FP64', [3]],
        ['decision', 'BYTES', [3]],
      ]);
      logged.forEach((prediction, row) => {
        expect(Math.abs(Number(body.outputs[0]!.data[row]) - prediction.score)).toBeLessThan(1e-6);
        expect(body.outputs[1]!.data[row]).toBe(prediction.decision);
      });
    }
    const inferred = (await harness.predictions()).filter(({ record }) => record.source === 'infer');
    expect(inferred).toHaveLength(9);
    expect(new Set(inferred.map(({ record }) => record.event_id))).toEqual(
      new Set(['request-1/0', 'request-1/1', 'request-1/2']),
    );
    expect(inferred[0]!.record).toMatchObject({ event: null, input_topic: '', input_partition: -1, input_offset: -1 });
  });

  it('describes its model and refuses in the shape of the protocol', async () => {
    const service = await harness.start();
    const model = `${service.url}/v2/models/${harness.name}`;
    const input = (parts: object) => ({
      inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2], ...parts }],
    });
    expect(await get(`${model}/ready`)).toEqual({
      status: 503,
      body: { error: `No model serves ${harness.name} yet.` },
    });
    expect((await get(`${service.url}/v2/health/ready`)).status).toBe(503);
    await harness.promote('1');
    await eventually(async () => expect((await get(`${model}/ready`)).status).toBe(200));
    expect(await get(model)).toEqual({
      status: 200,
      body: {
        name: harness.name,
        versions: ['1'],
        platform: 'onnx_onnxruntime',
        inputs: [
          { name: 'amount', datatype: 'FP64', shape: [-1] },
          { name: 'inverse_hour', datatype: 'FP64', shape: [-1] },
        ],
        outputs: [
          { name: 'score', datatype: 'FP64', shape: [-1] },
          { name: 'decision', datatype: 'BYTES', shape: [-1] },
        ],
      },
    });
    expect((await get(`${service.url}/v2`)).body).toMatchObject({ name: 'eddyline' });
    expect((await get(`${service.url}/v2/health/live`)).status).toBe(200);
    expect((await get(`${service.url}/v2/health/ready`)).status).toBe(200);
    expect((await get(`${model}/versions/1/ready`)).status).toBe(200);
    expect((await post(`${model}/versions/1/infer`, input({}))).status).toBe(200);
    expect(await get(`${model}/versions/9`)).toEqual({
      status: 404,
      body: { error: `Version 9 of ${harness.name} is not served; version 1 is.` },
    });
    expect((await get(`${service.url}/v2/models/nobody`)).body.error).toContain('There is no pipeline "nobody" here');
    expect((await get(`${service.url}/v2/nothing`)).body).toEqual({ error: expect.any(String) });
    for (const [body, error] of [
      ['{"inputs": [', /^The body is not valid JSON/],
      [{}, 'inputs is not a list of tensors.'],
      [input({ shape: [1, 3], data: [1, 2, 3] }), 'input "x" has the shape [1, 3]; the pipeline takes 2 features (amount, inverse_hour): send [rows, 2], or one input per feature.'], // prettier-ignore
      [input({ data: [1] }), 'input "x" has 1 values, its shape [1, 2] says 2.'],
      [
        input({ datatype: 'BYTES', data: ['a', 'b'] }),
        'row 0: feature amount is a number: send it as FP64, not BYTES.',
      ],
      [input({ datatype: 'FLOAT' }), /^input "x" has the datatype "FLOAT"; known are /],
      [{ ...input({}), outputs: [{ name: 'label' }] }, 'there is no output "label"; there are score, decision.'],
    ] as const) {
      const refused = await post(`${model}/infer`, body);
      expect(refused).toEqual({
        status: 400,
        type: 'application/json; charset=utf-8',
        body: { error: expect.anything() },
      });
      if (typeof error === 'string') expect(refused.body.error).toBe(error);
      else expect(refused.body.error).toMatch(error);
    }
  });

  it('scores events by HTTP, logs them like the stream, and says what is wrong with each', async () => {
    await harness.promote('1');
    const service = await harness.start();
    const url = `${service.url}/v1/pipelines/${harness.name}/score`;
    const payment = aPayment({ amount: 88 });
    await harness.publish([payment]);
    await eventually(async () => expect(await harness.predictions()).toHaveLength(1));
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const single = await post(url, payment, { traceparent });
    expect(single).toMatchObject({
      status: 200,
      body: {
        event_id: payment.id,
        decision: 'positive',
        threshold: 0.5,
        model: harness.name,
        version: '1',
        flags: [],
        trace_id: '0af7651916cd43dd8448eb211c80319c',
      },
    });
    const logged = (await harness.predictions()).map(({ record }) => record);
    const [byStream, byDoor] = [logged.find(({ source }) => source === 'stream')!, logged.find(({ source }) => source === 'score')!]; // prettier-ignore
    expect(byDoor).toEqual({
      ...byStream,
      source: 'score',
      predicted_at: expect.any(Number),
      scoring_ms: expect.any(Number),
      trace_id: '0af7651916cd43dd8448eb211c80319c',
      input_topic: '',
      input_partition: -1,
      input_offset: -1,
    });
    expect(single.body.score).toBe(byDoor.score);

    const batch = await post(url, [
      aPayment({ id: 'flagged', hour: 24, at: '2026-01-31T12:00:00Z' as unknown as number }),
      { id: 'bare' },
      aPayment({ amount: -1 }),
      aPayment({ hour: 0 }),
    ]);
    expect(batch.status).toBe(207);
    expect(batch.body.results).toMatchObject([
      { event_id: 'flagged', flags: ['hour.range'] },
      { status: 422, type: 'urn:eddyline:problem:invalid_event', errors: expect.arrayContaining([expect.objectContaining({ pointer: '/card', code: 'missing_field' })]) }, // prettier-ignore
      { status: 422, type: 'urn:eddyline:problem:range', detail: expect.stringContaining('amount is -1') },
      { status: 422, type: 'urn:eddyline:problem:feature_error' },
    ]);
    expect(await harness.predictions()).toHaveLength(3);

    const refused = await post(url, { ...payment, amount: 'much' });
    expect(refused).toMatchObject({
      status: 422,
      type: 'application/problem+json; charset=utf-8',
      body: { title: 'Unprocessable Entity' },
    });
    expect(refused.body.errors[0]).toMatchObject({ pointer: '/amount', code: 'type' });
    expect((await post(url, '{')).status).toBe(400);
    expect((await post(url, [])).status).toBe(400);
    expect(
      (
        await post(
          url,
          Array.from({ length: 1_001 }, () => ({})),
        )
      ).status,
    ).toBe(413);
    expect((await post(url.replace(harness.name, 'nobody'), payment)).status).toBe(404);
    const document = (await get(`${service.url}/openapi.json`)).body;
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(['/v1/pipelines/{pipeline}/score', '/v2/models/{model}/infer']),
    );
  });

  it('answers 503 while there is no model', async () => {
    const service = await harness.start();
    const { status, body } = await post(`${service.url}/v1/pipelines/${harness.name}/score`, aPayment());
    expect(status).toBe(503);
    expect(body.type).toBe('urn:eddyline:problem:model_not_loaded');
  });
});
