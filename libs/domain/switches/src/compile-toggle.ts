import type { PipelineFlag } from '#contracts';
import { inShare } from '#domain/routing';

/** Whether something goes on, by key: it does unless a flag of exactly that target is off, for the share of the keys that it names. */
export function compileToggle(flags: readonly PipelineFlag[], target: string): (key: string) => boolean {
  const off = flags.find((flag) => flag.target === target && !flag.on);
  if (off === undefined) return () => true;
  if (off.share >= 1) return () => false;
  return (key) => !inShare('flag/v1', target, key, off.share);
}
