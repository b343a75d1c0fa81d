// as libs/domain/features/src/focused.spec.ts
describe.only('a suite', () => { // ✗ no-restricted-syntax
  it.skip('is not run', () => expect(Date.now()).toBeGreaterThan(0)); // ✗ no-restricted-syntax
  xit('is not run either', () => undefined); // ✗ no-restricted-syntax
  it('may read the clock: only what ships is pure', () => expect(new Date()).toBeDefined());
});
