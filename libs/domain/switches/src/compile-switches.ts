import type { PipelineFlag } from '#contracts';
import { inShare } from '#domain/routing';

/** Names of what is switched off. */
export type SwitchedOff = ReadonlySet<string>;

/** What can be switched off by its name, and only for a share of the keys. */
export type SwitchedKind = 'feature' | 'rule';

/** Gives what holds for a subject, which is something that has a key. */
export type Switched<Subject, T> = (subject: Subject) => T;

/**
 * One variant of something for each combination of what is switched off, made when it is first needed. Where no switch holds for
 * only a share of the keys there is one variant, and no key is asked for.
 *
 * @param flags of the pipeline; those of other kinds, that are on, or of nothing that is `known`, mean nothing
 * @param known names of what there is
 */
export function compileSwitches<Subject, T>(
  flags: readonly PipelineFlag[],
  kind: SwitchedKind,
  known: readonly string[],
  keyOf: (subject: Subject) => string,
  compile: (off: SwitchedOff) => T,
): Switched<Subject, T> {
  const off = flags.flatMap(({ target, on, share }) => {
    const name = target.startsWith(`${kind}:`) ? target.slice(kind.length + 1) : undefined;
    return on || name === undefined || !known.includes(name) ? [] : [{ target, name, share }];
  });
  const everywhere = off.filter(({ share }) => share >= 1).map(({ name }) => name);
  const partly = off.filter(({ share }) => share < 1);
  if (partly.length === 0) {
    const only = compile(new Set(everywhere));
    return () => only;
  }
  const variants = new Map<string, T>();
  return function switched(subject) {
    const key = keyOf(subject);
    const here = partly.filter(({ target, share }) => inShare('flag/v1', target, key, share)).map(({ name }) => name);
    const id = here.join('\0');
    let variant = variants.get(id);
    if (variant === undefined) variants.set(id, (variant = compile(new Set([...everywhere, ...here]))));
    return variant;
  };
}
