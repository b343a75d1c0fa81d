import type { PipelineFlag } from '#contracts';
import { inShare } from '#domain/routing';

/** From which score on a decision is positive, by key: what the flag `threshold` says, where it is on; else `declared`. */
export function compileThreshold(flags: readonly PipelineFlag[], declared: number): (key: string) => number {
  const flag = flags.find(({ target }) => target === 'threshold');
  if (flag === undefined || !flag.on || flag.value === null) return () => declared;
  const { target, value, share } = flag;
  return (key) => (inShare('flag/v1', target, key, share) ? value : declared);
}
