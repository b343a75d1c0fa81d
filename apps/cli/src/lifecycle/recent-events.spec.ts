import type { LifecycleEvent } from '#contracts';
import { recentEvents } from './recent-events.js';

const KINDS = ['champion_set', 'version_registered', 'rolled_back', 'run_requested', 'promoted', 'paused', 'resumed'];

const events = KINDS.map((kind, index) => ({ sequence: index + 1, change: { kind } }) as unknown as LifecycleEvent);

const kindsOf = (newest: number) => recentEvents(events, newest).map(({ change }) => change.kind);

describe('recentEvents', () => {
  it('keeps what changed who serves, however old, in order', () => {
    expect(kindsOf(2)).toEqual(['champion_set', 'rolled_back', 'promoted', 'paused', 'resumed']);
  });

  it('keeps all where there are no more', () => {
    expect(kindsOf(7)).toEqual(KINDS);
    expect(kindsOf(50)).toEqual(KINDS);
  });
});
