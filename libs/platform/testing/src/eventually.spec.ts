import { eventually } from './eventually.js';

describe('eventually', () => {
  it('gives back the first value that is neither false nor thrown', async () => {
    let calls = 0;
    const value = await eventually(
      () => {
        calls++;
        if (calls === 1) throw new Error('not yet');
        return calls === 2 ? false : calls;
      },
      { everyMs: 1 },
    );
    expect(value).toBe(3);
  });

  it('fails with the last error and the time waited', async () => {
    const failing = eventually(() => Promise.reject(new Error('still away')), { timeoutMs: 20, everyMs: 1 });
    await expect(failing).rejects.toThrow('After 20 ms: still away');
  });

  it('fails when the check stays false', async () => {
    await expect(eventually(() => false, { timeoutMs: 10, everyMs: 1 })).rejects.toThrow('still answers false');
  });
});
