import type { Log } from '#platform/telemetry';

export interface ShutDownStep {
  readonly name: string;
  readonly deadlineMs: number;
  run(): Promise<unknown>;
}

/** Runs the steps in order. One that fails or takes too long is reported and left behind: the next still runs. */
export async function shutDown(steps: readonly ShutDownStep[], log: Log): Promise<void> {
  for (const { name, deadlineMs, run } of steps) {
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, deadlineMs, 'late');
    });
    try {
      if ((await Promise.race([run(), deadline])) === 'late') {
        log.warn({ deadlineMs }, `${name} did not stop in time; going on without it`);
      }
    } catch (error) {
      log.warn({ error }, `${name} did not stop cleanly`);
    } finally {
      clearTimeout(timer);
    }
  }
}
