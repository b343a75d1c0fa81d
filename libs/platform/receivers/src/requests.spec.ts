import type { AlertRecord } from '#contracts';
import { idempotencyKeyOf, type AlertNotice } from './alert-notice.js';
import type { ReceiverKind, ReceiverSettings } from './receiver-settings.js';
import { requestOf } from './request-of.js';

const NOW = Date.UTC(2026, 2, 1, 12, 31);

const ALERT: AlertRecord = {
  id: 'electricity/drift/psi/nsw_price//831211200000',
  pipeline: 'electricity',
  monitor: 'drift',
  kind: 'drift',
  metric: 'psi',
  subject: 'nsw_price',
  slice: '',
  state: 'firing',
  severity: 'critical',
  summary: 'psi of nsw_price is 0.71, above 0.2 (2 windows in a row).',
  value: 0.7112345,
  threshold: 0.2,
  window_start: Date.UTC(1996, 4, 4, 11, 30),
  window_end: Date.UTC(1996, 4, 4, 12),
  fired_at: Date.UTC(1996, 4, 4, 12),
  noticed_at: NOW - 1_000,
  model_version: '7',
  pipeline_revision: 3,
  query: 'SELECT 1',
  evidence: {
    rows: 1_204,
    reference_rows: 5_000,
    reference_value: null,
    low: 0.6,
    high: 0.8,
    p_value: 0.001,
    slices: [{ slice: 'region=<NSW>', value: 0.9, rows: 300 }],
    examples: [{ event_id: 'e&1', trace_id: 'abc', partition: 3, offset: 41 }],
  },
};

function aNotice(over: Partial<AlertRecord> = {}, notice: Partial<AlertNotice> = {}): AlertNotice {
  return { alert: { ...ALERT, ...over }, repetition: null, link: null, acknowledgement: null, ...notice };
}

function settings(kind: ReceiverKind, over: Partial<ReceiverSettings> = {}): ReceiverSettings {
  const url = 'http://receiver.example:9093/';
  return { name: 'r', kind, url, minSeverity: 'info', headers: {}, repeatMs: 60_000, timeoutMs: 1_000, ...over };
}

const bodyOf = (notice: AlertNotice, kind: ReceiverKind): unknown =>
  JSON.parse(requestOf(notice, settings(kind), NOW).body);

describe('webhook', () => {
  it('gets the alert, and a key that is the same however often it is tried', () => {
    const request = requestOf(aNotice(), settings('webhook', { headers: { authorization: 'Bearer x' } }), NOW);
    expect(request).toEqual({
      url: 'http://receiver.example:9093/',
      headers: {
        authorization: 'Bearer x',
        'content-type': 'application/json',
        'idempotency-key': 'electricity/drift/psi/nsw_price//831211200000/firing/critical',
      },
      body: JSON.stringify(ALERT),
    });
  });

  it('gets another key for another state, another severity and each repetition', () => {
    const keys = [
      aNotice(),
      aNotice({ state: 'resolved' }),
      aNotice({ severity: 'warning' }),
      aNotice({}, { repetition: 1 }),
      aNotice({}, { repetition: 2 }),
    ].map(idempotencyKeyOf);
    expect(new Set(keys).size).toBe(5);
  });

  it.each(['Zürich ☂\r\nx: y', '\ud800', '日本'])('gets a key that is fit for a header of %j', (subject) => {
    const key = idempotencyKeyOf(aNotice({ id: `p/m/x/${subject}//1` }));
    expect(() => new Headers({ 'idempotency-key': key })).not.toThrow();
    expect(key).toMatch(/^[\x20-\x7e]+$/);
  });
});

describe('Slack', () => {
  it('gets value, threshold, window, slices and examples, in blocks and as text', () => {
    const body = bodyOf(aNotice({}, { link: 'https://grafana.example/d/x?a=1&b=2' }), 'slack') as {
      text: string;
      blocks: { type: string; text?: { text: string }; fields?: { text: string }[] }[];
    };
    expect(body.text.split('\n')).toEqual([
      '🔴 critical · electricity drift: psi of nsw_price',
      'psi of nsw_price is 0.71, above 0.2 (2 windows in a row).',
      'Value: 0.7112 (0.6 to 0.8)',
      'Threshold: 0.2',
      'Window: 1996-05-04 11:30:00 UTC to 1996-05-04 12:00:00 UTC',
      'Rows: 1204',
      'Model: version 7',
      'Worst slices:',
      '• region=&lt;NSW&gt;: 0.9 (300 rows)',
      'Predictions to look at:',
      '• e&amp;1, at 3/41, trace abc',
      'https://grafana.example/d/x?a=1&b=2',
    ]);
    expect(body.blocks.map(({ type }) => type)).toEqual([
      ...['header', 'section', 'section', 'section', 'section', 'section', 'context'],
    ]);
    expect(body.blocks[2]!.fields!.map(({ text }) => text)).toContain('*Threshold*\n0.2');
    expect(body.blocks[3]!.text!.text).toBe('*Worst slices*\n• region=&lt;NSW&gt;: 0.9 (300 rows)');
    expect(body.blocks[5]!.text!.text).toBe('<https://grafana.example/d/x?a=1&b=2|Look at it>');
  });

  it('stays within what Slack takes, whatever an alert is called', () => {
    const long = '<&>'.repeat(4_000);
    const evidence = { ...ALERT.evidence, slices: [{ slice: long, value: 1, rows: 1 }] };
    const { text, blocks } = bodyOf(aNotice({ subject: long, summary: long, evidence }), 'slack') as {
      text: string;
      blocks: { type: string; text?: { text: string } }[];
    };
    expect(text.length).toBeLessThanOrEqual(3_000);
    for (const block of blocks) {
      expect(block.text?.text.length ?? 0).toBeLessThanOrEqual(block.type === 'header' ? 150 : 3_000);
    }
  });

  it('tells of a resolution, and of an alert without a value', () => {
    const resolved = bodyOf(aNotice({ state: 'resolved', value: null, threshold: null }), 'slack') as { text: string };
    expect(resolved.text).toMatch(/^✅ resolved · electricity drift: psi of nsw_price\n[^\n]*\nValue: none/);
  });
});

describe('Alertmanager', () => {
  const labels = {
    alertname: 'EddylineDrift',
    pipeline: 'electricity',
    monitor: 'drift',
    metric: 'psi',
    subject: 'nsw_price',
    slice: '',
  };

  it('gets a firing alert that lives four rounds, and the end of its lower severities', () => {
    const request = requestOf(aNotice(), settings('alertmanager'), NOW);
    expect(request.url).toBe('http://receiver.example:9093/api/v2/alerts');
    const alerts = JSON.parse(request.body) as { labels: object; annotations: object; endsAt: string }[];
    expect(alerts[0]).toEqual({
      labels: { ...labels, severity: 'critical' },
      annotations: {
        summary: ALERT.summary,
        query: 'SELECT 1',
        evidence: JSON.stringify(ALERT.evidence),
        id: ALERT.id,
        window: '1996-05-04T11:30:00.000Z/1996-05-04T12:00:00.000Z',
        value: '0.7112345',
        threshold: '0.2',
      },
      startsAt: '2026-03-01T12:30:59.000Z',
      endsAt: '2026-03-01T12:35:00.000Z',
    });
    expect(alerts.slice(1).map((alert) => [alert.labels, alert.endsAt])).toEqual([
      [{ ...labels, severity: 'info' }, '2026-03-01T12:31:00.000Z'],
      [{ ...labels, severity: 'warning' }, '2026-03-01T12:31:00.000Z'],
    ]);
  });

  it('gets the end of a resolved one, and who has taken one up', () => {
    const resolved = bodyOf(aNotice({ state: 'resolved', severity: 'info' }), 'alertmanager') as object[];
    expect(resolved).toEqual([
      expect.objectContaining({ labels: { ...labels, severity: 'info' }, endsAt: '2026-03-01T12:31:00.000Z' }),
    ]);
    expect(resolved[0]).not.toHaveProperty('startsAt');
    const taken = aNotice(
      { severity: 'info' },
      { acknowledgement: { by: 'zoe', reason: 'on it' }, link: 'https://x.example/' },
    );
    expect(bodyOf(taken, 'alertmanager')).toEqual([
      expect.objectContaining({
        annotations: expect.objectContaining({ acknowledged: 'by zoe: on it' }),
        generatorURL: 'https://x.example/',
      }),
    ]);
  });
});
