import type { AlertControl, AlertRecord } from '#contracts';
import { aboutOf, listedAlerts, standingOf } from './listed-alert.js';

const NOW = 1_000;

function anAlert(id: string, over: Partial<AlertRecord> = {}): AlertRecord {
  return {
    ...{ id, pipeline: 'grid', monitor: 'drift', kind: 'drift', metric: 'psi', subject: id, slice: '' },
    ...{ state: 'firing', severity: 'warning', window_end: 5 },
    ...over,
  } as AlertRecord;
}

describe('alerts as they are listed', () => {
  it('begin with what fires, the worst first, and end with what is over', () => {
    const alerts = [
      anAlert('over', { state: 'resolved', severity: 'critical', window_end: 9 }),
      anAlert('old'),
      anAlert('new', { window_end: 7 }),
      anAlert('worst', { severity: 'critical', window_end: 1 }),
    ];
    expect(listedAlerts(alerts, [], NOW).map(({ alert }) => alert.id)).toEqual(['worst', 'new', 'old', 'over']);
  });

  it('tell what people have done about them', () => {
    const silence = {
      kind: 'silence',
      id: 's',
      pipeline: 'grid',
      subject: 'a',
      from: 0,
      until: 2_000,
      by: 'zoe',
      reason: '',
    } as const;
    const taken = { kind: 'acknowledgement', id: 'b', pipeline: 'grid', at: 1, by: 'max', reason: '' } as const;
    const controls: readonly AlertControl[] = [silence, taken];
    const alerts = [anAlert('a'), anAlert('b'), anAlert('c'), anAlert('d', { state: 'resolved', subject: 'a' })];
    expect(listedAlerts(alerts, controls, NOW).map(standingOf)).toEqual([
      'firing, silenced',
      'firing, taken by max',
      'firing',
      'resolved',
    ]);
    expect(listedAlerts([anAlert('a')], controls, 2_000).map(standingOf)).toEqual(['firing']);
  });

  it('are called by what they are about', () => {
    expect(aboutOf({ metric: 'recall', subject: '', slice: 'region=NSW' })).toBe('recall where region=NSW');
  });
});
