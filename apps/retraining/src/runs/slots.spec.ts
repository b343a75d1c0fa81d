import { Slots } from './slots.js';

const never = new AbortController().signal;

function gate(): { readonly open: () => void; readonly opened: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { open: resolve, opened: promise };
}

describe('Slots', () => {
  it('lets so many work at once, the others in their order', async () => {
    const slots = new Slots(1);
    const seen: string[] = [];
    const first = gate();
    const work = (name: string, until: Promise<void> = Promise.resolve()) =>
      slots.use(never, async () => {
        seen.push(`${name} begins`);
        await until;
        seen.push(`${name} ends`);
        return name;
      });
    const all = [work('a', first.opened), work('b'), work('c')];
    first.open();
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c']);
    expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  it('leaves out who is called off while it waits', async () => {
    const slots = new Slots(1);
    const first = gate();
    const off = new AbortController();
    const working = slots.use(never, () => first.opened);
    const waiting = slots.use(off.signal, () => Promise.resolve('b'));
    const next = slots.use(never, () => Promise.resolve('c'));
    off.abort();
    expect(await waiting).toBeUndefined();
    first.open();
    await working;
    expect(await next).toBe('c');
  });

  it('gives a slot back when the work fails', async () => {
    const slots = new Slots(1);
    await expect(slots.use(never, () => Promise.reject(new Error('x')))).rejects.toThrow('x');
    expect(await slots.use(never, () => Promise.resolve(1))).toBe(1);
  });
});
