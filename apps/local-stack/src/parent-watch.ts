const LOOK_EVERY_MS = 250;

/**
 * Calls `onGone` once when the process that started this one is gone, however it went. A parent that spawned us with an
 * IPC channel is seen by the channel's end; one that named its process id (EDDYLINE_PARENT_PID), by our own parent
 * changing, since the system hands orphans on. Without either this process may outlive its parent (`nohup`).
 */
export function watchParent(parentPid: number | undefined, onGone: () => void): void {
  let called = false;
  const once = (): void => {
    if (called) return;
    called = true;
    onGone();
  };
  if (process.connected) process.once('disconnect', once);
  if (parentPid === undefined) return;
  const timer = setInterval(() => {
    if (process.ppid === parentPid) return;
    clearInterval(timer);
    once();
  }, LOOK_EVERY_MS);
  timer.unref();
}
