// Stops the stack that jest-stack-setup.mjs started, and removes its state.
import { rm } from 'node:fs/promises';

export default async function stopStackOfTests() {
  const own = globalThis.eddylineTestStack;
  if (!own) return;
  const exited = new Promise((resolve) => {
    if (own.child.exitCode !== null) resolve();
    else own.child.once('exit', resolve);
  });
  own.child.kill('SIGTERM');
  await exited;
  await rm(own.stateDir, { recursive: true, force: true });
}
