import { createLog } from '#platform/telemetry';
import { shutDown } from './shut-down.js';

const log = createLog({ service: 'test', level: 'silent' });

describe('shutDown', () => {
  it('runs the steps in order, whatever becomes of each', async () => {
    const seen: string[] = [];
    const step = (name: string, run: () => Promise<unknown>) => ({
      name,
      deadlineMs: 20,
      run: () => {
        seen.push(name);
        return run();
      },
    });
    await shutDown(
      [
        step('well', () => Promise.resolve()),
        step('fails', () => Promise.reject(new Error('x'))),
        step('hangs', () => new Promise(() => undefined)),
        step('last', () => Promise.resolve()),
      ],
      log,
    );
    expect(seen).toEqual(['well', 'fails', 'hangs', 'last']);
  });
});
