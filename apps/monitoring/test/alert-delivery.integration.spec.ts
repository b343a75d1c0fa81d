import type { AlertControl, AlertRecord } from '#contracts';
import type { RunningService } from '#platform/service';
import { eventually, HttpRecorder } from '#platform/testing';
import { MonitoringHarness, sharedTelemetry, WATCHED } from './monitoring-harness.js';

type Alert = Omit<AlertRecord, 'evidence'>;

/** Receivers under names, each a server of its own. */
interface Receiver {
  readonly server: HttpRecorder;
  readonly settings: Record<string, unknown>;
}

describe('whom monitoring tells of alerts', () => {
  const open: { close(): Promise<void> }[] = [];
  let harness: MonitoringHarness;

  beforeAll(() => sharedTelemetry());
  afterEach(async () => {
    for (const resource of open.splice(0).reverse()) await resource.close();
  });

  async function given(receivers: readonly string[]): Promise<void> {
    harness = await MonitoringHarness.create({
      changes: { ...WATCHED, monitoring: { ...WATCHED.monitoring!, receivers } },
    });
    open.push(harness);
  }

  async function aReceiver(settings: Record<string, unknown>): Promise<Receiver> {
    const server = new HttpRecorder();
    open.push(server);
    return { server, settings: { url: await server.open(), ...settings } };
  }

  async function start(receivers: Readonly<Record<string, Receiver>>, more = {}): Promise<RunningService> {
    const settings = Object.fromEntries(Object.entries(receivers).map(([name, { settings }]) => [name, settings]));
    const variables = { EDDYLINE_ALERT_RECEIVERS: JSON.stringify(settings), EDDYLINE_ALERT_ROUND: '100ms', ...more };
    const service = await harness.start({ env: variables });
    await service.ready;
    return service;
  }

  /** The minute stands for the window, so that changes have their order. */
  function anAlert(minute: number, over: Partial<Alert> = {}): Alert {
    const end = Date.UTC(1996, 4, 7) + minute * 60_000;
    return {
      ...{ id: `${harness.definition.name}/drift/psi/price//1`, pipeline: harness.definition.name },
      ...{ monitor: 'drift', kind: 'drift', metric: 'psi', subject: 'price', slice: '' },
      ...{ state: 'firing', severity: 'warning', summary: 'PSI of price is 0.3, above 0.2.' },
      ...{ value: 0.3, threshold: 0.2, window_start: end - 1_800_000, window_end: end, fired_at: end },
      ...{ noticed_at: Date.now(), model_version: '1', pipeline_revision: 1, query: 'SELECT 1' },
      ...over,
    };
  }

  const another = (minute: number, over: Partial<Alert> = {}) =>
    anAlert(minute, { id: `${harness.definition.name}/quality/missing_ratio/x//1`, monitor: 'quality', ...over });

  const publish = (...alerts: Alert[]) => harness.publishAlerts(alerts, '{"rows":600}');

  /** What a webhook was told: `<monitor> <state> <severity>`. */
  const told = ({ server }: Receiver) =>
    server.requests.map(({ body }) => {
      const { monitor, state, severity } = JSON.parse(body) as Alert;
      return `${monitor} ${state} ${severity}`;
    });

  async function written(): Promise<readonly string[]> {
    const rows = await harness.select(
      `SELECT receiver, state, outcome FROM ${harness.database}.alert_deliveries WHERE NOT repetition ORDER BY receiver, at, state`,
    );
    return rows.map(({ receiver, state, outcome }) => `${String(receiver)} ${String(state)} ${String(outcome)}`);
  }

  async function notes(service: RunningService): Promise<readonly string[]> {
    const { notes = [] } = (await (await fetch(`${service.url}/health/ready`)).json()) as {
      notes?: { note: string }[];
    };
    return notes.map(({ note }) => note);
  }

  function aSilence(over: Partial<Extract<AlertControl, { kind: 'silence' }>> = {}): AlertControl {
    const pipeline = harness.definition.name;
    const from = Date.now() - 60_000;
    return { kind: 'silence', id: 's1', pipeline, from, until: from + 3_600_000, by: 'zoe', reason: 'known', ...over };
  }

  it('tells every receiver that a pipeline names, as it wants to be told, and writes down that it did', async () => {
    await given(['pager', 'chat', 'am', 'nobody']);
    const pager = await aReceiver({ kind: 'webhook', minSeverity: 'critical', headers: { 'x-team': 'grid' } });
    const chat = await aReceiver({ kind: 'slack' });
    const am = await aReceiver({ kind: 'alertmanager' });
    const service = await start(
      { pager, chat, am },
      { EDDYLINE_ALERT_LINK: 'https://see.example/{pipeline}?from={from}' },
    );
    await publish(
      anAlert(1),
      anAlert(2, { severity: 'critical' }),
      anAlert(3, { severity: 'critical', state: 'resolved' }),
    );
    await eventually(async () =>
      expect(await written()).toEqual([
        ...['am firing delivered', 'am firing delivered', 'am resolved delivered'],
        ...['chat firing delivered', 'chat firing delivered', 'chat resolved delivered'],
        ...['nobody firing unknown_receiver', 'nobody firing unknown_receiver', 'nobody resolved unknown_receiver'],
        ...['pager firing delivered', 'pager resolved delivered'],
      ]),
    );
    expect(told(pager)).toEqual(['drift firing critical', 'drift resolved critical']);
    expect(pager.server.requests[0]).toMatchObject({ headers: { 'x-team': 'grid' } });
    expect(JSON.parse(pager.server.requests[0]!.body)).toMatchObject({ evidence: { rows: 600, slices: [] } });
    expect(chat.server.requests[0]!.body).toContain(`https://see.example/${harness.definition.name}?from=`);
    expect(am.server.requests[0]!.path).toBe('/api/v2/alerts');
    expect((await notes(service)).join()).toContain(
      'names the receiver nobody, which EDDYLINE_ALERT_RECEIVERS does not',
    );
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    expect(metrics).toMatch(
      new RegExp(
        `eddyline_alert_deliveries_total{[^}]*pipeline="${harness.definition.name}",receiver="chat",outcome="delivered"[^}]*} 3`,
      ),
    );
  });

  it('lets one that is away stop no other, and tells it all in order when it is back', async () => {
    await given(['pager', 'chat']);
    const pager = await aReceiver({ kind: 'webhook' });
    const chat = await aReceiver({ kind: 'webhook' });
    await pager.server.close();
    const service = await start({ pager, chat });
    await publish(anAlert(1), anAlert(2, { severity: 'critical' }), another(2));
    const all = ['drift firing warning', 'drift firing critical', 'quality firing warning'];
    await eventually(() => expect(told(chat)).toEqual(all));
    await eventually(async () =>
      expect((await notes(service)).join()).toMatch(/the receiver pager does not answer since .*: ECONNREFUSED/),
    );
    await pager.server.open();
    await eventually(() => expect(told(pager)).toEqual(all));
    await eventually(async () => expect(await written()).toHaveLength(6));
    expect(told(chat)).toEqual(all);
    expect(harness.fatal).toEqual([]);
  });

  it('gives up after as long as is configured, says so, and goes on', async () => {
    await given(['pager']);
    const pager = await aReceiver({ kind: 'webhook' });
    pager.server.answer = () => ({ status: 503, body: 'no' });
    const service = await start({ pager }, { EDDYLINE_ALERT_RETRY_FOR: '200ms' });
    await publish(anAlert(1));
    await eventually(async () => expect(await written()).toEqual(['pager firing unreachable']));
    expect((await notes(service)).join('\n')).toMatch(/1 not delivered to pager within the last hour: HTTP 503: no/);
    await publish(another(2));
    await eventually(async () => expect(await written()).toHaveLength(2));
  });

  it('goes on where a service that was stopped left off, and tells nobody twice', async () => {
    await given(['pager', 'chat']);
    const pager = await aReceiver({ kind: 'webhook' });
    const chat = await aReceiver({ kind: 'webhook' });
    pager.server.answer = ({ body }) =>
      (JSON.parse(body) as Alert).monitor === 'quality' ? { status: 503 } : { status: 200 };
    const first = await start({ pager, chat });
    await publish(anAlert(1), another(2));
    await eventually(() => expect(told(pager).filter((one) => one.startsWith('quality')).length).toBeGreaterThan(1));
    await eventually(() => expect(told(chat)).toHaveLength(2));
    await first.close();
    expect(await written()).toEqual(['chat firing delivered', 'chat firing delivered', 'pager firing delivered']);
    pager.server.answer = () => ({ status: 200 });
    await start({ pager, chat });
    await eventually(async () => expect(await written()).toHaveLength(4));
    expect(told(pager).filter((one) => one.startsWith('drift'))).toHaveLength(1);
    expect(told(chat)).toHaveLength(2);
  });

  it('does not tell what is silenced, save that what was told is over', async () => {
    await given(['pager']);
    const pager = await aReceiver({ kind: 'webhook' });
    await start({ pager });
    await publish(anAlert(1));
    await eventually(() => expect(told(pager)).toEqual(['drift firing warning']));
    await harness.publishControl(aSilence());
    let probes = 0;
    await eventually(async () => {
      await publish(another(2, { id: `probe-${probes++}` })); // until the silence is known, alerts go out
      expect(await written()).toContain('pager firing silenced');
    });
    await publish(another(3, { id: 'unheard', metric: 'x' }), anAlert(4, { state: 'resolved' }));
    await eventually(() => expect(told(pager)).toContain('drift resolved warning'));
    await publish(another(5, { id: 'unheard', metric: 'x', state: 'resolved' }));
    await eventually(async () => expect(await written()).toContain('pager resolved silenced'));
    expect(pager.server.requests.filter(({ body }) => body.includes('"unheard"'))).toEqual([]);
  });

  it('tells of what still fires when its silence is over, once', async () => {
    await given(['pager']);
    const pager = await aReceiver({ kind: 'webhook' });
    const silence = aSilence({ monitor: 'drift' });
    await harness.publishControl(silence);
    await start({ pager });
    await publish(anAlert(1), another(1));
    await eventually(async () => expect(await written()).toEqual(['pager firing silenced', 'pager firing delivered']));
    await harness.removeControl(silence);
    await eventually(() => expect(told(pager)).toEqual(['quality firing warning', 'drift firing warning']));
    await eventually(async () =>
      expect(await written()).toEqual(['pager firing silenced', 'pager firing delivered', 'pager firing delivered']),
    );
    await publish(anAlert(2, { state: 'resolved' }));
    await eventually(() => expect(told(pager).at(-1)).toBe('drift resolved warning'));
    expect(told(pager)).toHaveLength(3);
  });

  it('repeats what fires on until somebody acknowledges it; Alertmanager hears of it all the same', async () => {
    await given(['pager', 'am']);
    const pager = await aReceiver({ kind: 'webhook', repeat: '150ms' });
    const am = await aReceiver({ kind: 'alertmanager', repeat: '150ms' });
    await start({ pager, am });
    await publish(anAlert(1));
    await eventually(() => expect(pager.server.requests.length).toBeGreaterThan(2));
    await eventually(() => expect(am.server.requests.length).toBeGreaterThan(2));
    const keys = pager.server.requests.map(({ headers }) => headers['idempotency-key']);
    expect(new Set(keys).size).toBe(keys.length);
    await harness.publishControl({
      ...{ kind: 'acknowledgement', id: anAlert(1).id, pipeline: harness.definition.name },
      ...{ at: Date.now(), by: 'zoe', reason: 'on it' },
    });
    await eventually(() => expect(am.server.requests.at(-1)!.body).toContain('by zoe: on it'));
    const before = { pager: pager.server.requests.length, am: am.server.requests.length };
    await eventually(() => expect(am.server.requests.length).toBeGreaterThan(before.am + 2));
    expect(pager.server.requests.length).toBeLessThanOrEqual(before.pager + 1); // one may have been under way
    await publish(anAlert(2, { state: 'resolved' }));
    await eventually(() => expect(told(pager).at(-1)).toBe('drift resolved warning'));
    await eventually(() => expect(am.server.requests.at(-1)!.body).not.toContain('startsAt'));
  });
});
