import { uniqueName } from './unique-name.js';

describe('uniqueName', () => {
  it('is a valid pipeline name and another one each time', () => {
    const names = Array.from({ length: 1_000 }, () => uniqueName('loan-scores'));
    expect(new Set(names).size).toBe(1_000);
    for (const name of names) expect(name).toMatch(/^loan-scores-[a-z0-9]{12}$/);
  });
});
