import type { AlertControl } from '#contracts';
import { acknowledgementOf, silenceOf, type Silence } from './alert-controls.js';

const ALERT = { pipeline: 'electricity', monitor: 'drift', metric: 'psi', subject: 'nsw_price' };

function aSilence(over: Partial<Silence> = {}): Silence {
  return { kind: 'silence', id: 's', pipeline: 'electricity', from: 100, until: 200, by: 'zoe', reason: '', ...over };
}

describe('silenceOf', () => {
  it.each([
    ['the whole pipeline', {}, true],
    ['its monitor', { monitor: 'drift' }, true],
    ['its metric and subject', { metric: 'psi', subject: 'nsw_price' }, true],
    ['another pipeline', { pipeline: 'weather' }, false],
    ['another monitor', { monitor: 'quality' }, false],
    ['another metric of the same monitor', { monitor: 'drift', metric: 'unseen_ratio' }, false],
    ['the whole, which is a subject of its own', { subject: '' }, false],
  ])('of %s: %j is %s', (_what, over, silenced) => {
    expect(silenceOf(ALERT, [aSilence(over)], 150) !== undefined).toBe(silenced);
  });

  it('holds from its beginning to before its end', () => {
    const at = [99, 100, 199, 200].map((nowMs) => silenceOf(ALERT, [aSilence()], nowMs) !== undefined);
    expect(at).toEqual([false, true, true, false]);
  });
});

describe('acknowledgementOf', () => {
  it('is of the alert alone, not of the next one about the same', () => {
    const taken: AlertControl = {
      kind: 'acknowledgement',
      id: 'e/d/p//1',
      pipeline: 'e',
      at: 5,
      by: 'zoe',
      reason: 'mine',
    };
    expect(acknowledgementOf('e/d/p//1', [aSilence(), taken])).toBe(taken);
    expect(acknowledgementOf('e/d/p//2', [taken])).toBeUndefined();
  });
});
