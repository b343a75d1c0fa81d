// as libs/domain/features/src/reads-the-world.ts
export function readsTheWorld(at: number): number {
  const today = new Date(); // ✗ no-restricted-syntax
  const text = Date(); // ✗ no-restricted-syntax
  const now = Date.now(); // ✗ no-restricted-properties
  const chance = Math.random(); // ✗ no-restricted-properties
  const tick = performance.now(); // ✗ no-restricted-globals
  const localHour = new Date(at).getHours(); // ✗ no-restricted-syntax
  setTimeout(() => undefined, 1); // ✗ no-restricted-globals
  setInterval(() => undefined, 1); // ✗ no-restricted-globals
  const id = crypto.randomUUID(); // ✗ no-restricted-globals
  return today.valueOf() + text.length + now + chance + tick + localHour + id.length;
}

export function tellsTheHour(at: number): number {
  return new Date(at).getUTCHours();
}
