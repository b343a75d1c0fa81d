import { compareAlerts } from './compare-alerts.js';
import type { AlertFact } from './simulate-monitors.js';

function fact(id: string, changes: Partial<AlertFact> = {}): AlertFact {
  return { id, state: 'firing', severity: 'critical', windowEnd: 60_000, value: 0.4, threshold: 0.2, ...changes };
}

describe('alerts of two runs', () => {
  it('are the same where nothing differs', () => {
    const facts = [fact('a'), fact('a', { state: 'resolved', windowEnd: 120_000 })];
    expect(compareAlerts(facts, facts)).toEqual({ same: 2, onlySimulated: [], onlyRecorded: [], different: [] });
  });

  it('are told apart by alert, state, severity and window', () => {
    const simulated = [fact('a', { severity: 'warning' }), fact('b')];
    const recorded = [fact('a'), fact('b', { windowEnd: 120_000 })];
    expect(compareAlerts(simulated, recorded)).toEqual({
      same: 0,
      onlySimulated: simulated,
      onlyRecorded: recorded,
      different: [],
    });
  });

  it('differ in their figures where they are the same else', () => {
    const [simulated, recorded] = [fact('a', { threshold: 0.3 }), fact('a')];
    expect(compareAlerts([simulated], [recorded]).different).toEqual([{ simulated, recorded }]);
  });
});
