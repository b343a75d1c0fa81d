import { createHash } from 'node:crypto';
import { HEADER } from '#contracts';
import type { RunningService } from '#platform/service';
import { eventually } from '#platform/testing';
import { BY_KEY_AND_TIME, FeedbackHarness } from './feedback-harness.js';

const KNOWN = Date.UTC(1996, 4, 7, 13);
const aLabel = (reading: string, over: Readonly<Record<string, unknown>> = {}) => ({
  reading,
  rose: true,
  known: new Date(KNOWN).toISOString(),
  ...over,
});

describe('labels over HTTP', () => {
  let harness: FeedbackHarness;
  let service: RunningService;

  beforeAll(async () => {
    harness = await FeedbackHarness.create();
    service = await harness.start({ EDDYLINE_MAX_BODY: '64KiB' });
    await service.ready;
    await eventually(async () => expect((await post({})).status).not.toBe(404));
  });
  afterAll(() => harness.close());

  const post = (
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
    pipeline = harness.definition.name,
  ): Promise<Response> =>
    fetch(`${service.url}/v1/pipelines/${pipeline}/labels`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const json = async (response: Response) => (await response.json()) as Record<string, unknown>;
  const labelsOf = async (id: string) => (await harness.read('labels')).filter(({ key }) => key?.toString() === id);

  it('is on its topic, as an upstream would have written it, when 202 comes, and is joined', async () => {
    await harness.log(harness.prediction('one'));
    const response = await post(aLabel('one'));
    expect([response.status, await json(response)]).toEqual([
      202,
      { status: 202, pipeline: harness.definition.name, id: 'one' },
    ]);
    const [record] = await labelsOf('one');
    expect(record!.headers[HEADER.ceTime]?.toString()).toBe(new Date(KNOWN).toISOString());
    expect(record!.headers[HEADER.ceType]?.toString()).toBe(`eddyline.${harness.definition.name}.label`);
    await eventually(async () => {
      const ids = (await harness.outcomes()).map(({ outcome }) => outcome.event_id);
      expect(ids).toContain('one');
    });
  });

  it('says of each line what became of it', async () => {
    const lines = [aLabel('l-1'), '{', aLabel('l-2', { rose: null }), { reading: 'l-3' }, aLabel('l-4')];
    const body = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
    const response = await post(body, { 'content-type': 'application/x-ndjson' });
    expect(response.status).toBe(207);
    const { accepted, results } = (await json(response)) as { accepted: number; results: Record<string, unknown>[] };
    expect(accepted).toBe(2);
    expect(results.map(({ line, status, problem }) => [line, status, (problem as { type?: string })?.type])).toEqual([
      [1, 202, undefined],
      [2, 400, 'urn:eddyline:problem:invalid_json'],
      [3, 422, 'urn:eddyline:problem:null_value'],
      [4, 422, 'urn:eddyline:problem:missing_field'],
      [5, 202, undefined],
    ]);
    expect(await labelsOf('l-1')).toHaveLength(1);
    expect(await labelsOf('l-2')).toHaveLength(0);
  });

  it.each<[string, unknown, number, string]>([
    ['a value that is no label', aLabel('r', { rose: 1 }), 422, 'type'],
    ['an empty id', aLabel(''), 422, 'length'],
    ['a revision below 0', aLabel('r', { revision: -1 }), 422, 'range'],
    ['a time that nobody can mean', aLabel('r', { known: 9e15 }), 422, 'range'],
    ['a field that the schema does not know', aLabel('r', { roze: true }), 422, 'unknown_field'],
    ['a record that the topic does not take', aLabel('x'.repeat(65_000)), 413, 'too_large'],
    ['nothing', [], 400, 'empty_batch'],
  ])('refuses %s', async (_what, body, status, code) => {
    const response = await post(body);
    expect([response.status, (await json(response))['type']]).toEqual([status, `urn:eddyline:problem:${code}`]);
  });

  it('takes the time and the trace of a CloudEvent', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const response = await post(
      { specversion: '1.0', id: 'a-label', source: '/bank', type: 'charge-back', traceparent, data: aLabel('cloud') },
      { 'content-type': 'application/cloudevents+json' },
    );
    expect(response.status).toBe(202);
    const [record] = await labelsOf('cloud');
    expect(record!.headers[HEADER.ceSource]?.toString()).toBe('/bank');
    expect(record!.headers[HEADER.traceparent]?.toString()).toContain('0af7651916cd43dd8448eb211c80319c');
  });

  it('names the pipelines when there is none of that name', async () => {
    const response = await post(aLabel('r'), {}, 'nobody');
    expect([response.status, (await json(response))['pipelines']]).toEqual([404, [harness.definition.name]]);
  });

  it('describes the labels that it takes', async () => {
    const document = (await (await fetch(`${service.url}/openapi.json`)).json()) as {
      paths: Record<string, { post: { requestBody: unknown } }>;
      components: { schemas: Record<string, unknown> };
    };
    expect(document.paths['/v1/pipelines/{pipeline}/labels']?.post.requestBody).toBeDefined();
    expect(document.components.schemas[`label-${harness.definition.name}`]).toMatchObject({
      properties: { rose: expect.anything() as object },
    });
  });

  it('lets in who has a key, where keys are asked for', async () => {
    const guarded = await FeedbackHarness.create(BY_KEY_AND_TIME);
    const sha256 = createHash('sha256').update('secret').digest('hex');
    try {
      const { url, ready } = await guarded.start({ EDDYLINE_API_KEYS: `bank=${sha256}` });
      await ready;
      const send = (headers: Readonly<Record<string, string>>) =>
        fetch(`${url}/v1/pipelines/${guarded.definition.name}/labels`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...headers },
          body: JSON.stringify({ region: 'NSW', at: KNOWN, rose: true, known: KNOWN }),
        });
      expect((await send({})).status).toBe(401);
      const response = await eventually(async () => {
        const answer = await send({ authorization: 'Bearer secret' });
        expect(answer.status).toBe(202);
        return answer;
      });
      expect((await json(response))['id']).toBe(`NSW at ${new Date(KNOWN).toISOString()}`);
      expect((await guarded.read('labels'))[0]!.key?.toString()).toBe('NSW');
    } finally {
      await guarded.close();
    }
  });
});
