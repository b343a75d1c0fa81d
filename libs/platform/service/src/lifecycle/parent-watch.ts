const INTERVAL_MS = 500;

/**
 * Calls `onGone` once the given process no longer lives, so that a service never outlives the one that started it, even
 * when that one was killed. Returns how to stop watching.
 */
export function watchParent(pid: number, onGone: () => void): () => void {
  const timer = setInterval(() => {
    if (isAlive(pid)) return;
    clearInterval(timer);
    onGone();
  }, INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** Calls `onEnd` when the other end of stdin is closed. */
export function watchStdin(onEnd: () => void): () => void {
  process.stdin.once('end', onEnd).once('close', onEnd).resume();
  process.stdin.unref?.();
  return () => process.stdin.off('end', onEnd).off('close', onEnd);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
