import avsc from 'avsc';
import { UnwrappedUnionType, WrappedUnionType, type UnionResolver } from './avsc-internals.js';

/**
 * The reader's branches with those first that are of the writer's own type. avsc takes the first branch that can hold the
 * value in any way: of `["double", "long"]` every long would become a double, of `["bytes", "string"]` every string bytes, even
 * where writer and reader are one schema.
 */
function closestFirst(branches: readonly avsc.Type[], written: avsc.Type): readonly avsc.Type[] {
  const distance = ({ typeName, name }: avsc.Type): number =>
    typeName !== written.typeName ? 2 : unqualified(name) === unqualified(written.name) ? 0 : 1;
  return branches.toSorted((a, b) => distance(a) - distance(b));
}

function unqualified(name: string | undefined): string {
  return name === undefined ? '' : name.slice(name.lastIndexOf('.') + 1);
}

function reordered<T extends { readonly types: readonly avsc.Type[] }>(union: T, written: avsc.Type): T {
  return Object.create(union, { types: { value: closestFirst(union.types, written) } }) as T;
}

class ResolvedUnwrappedUnionType extends UnwrappedUnionType {
  override _update(resolver: UnionResolver, written: avsc.Type, options: object): void {
    super._update.call(reordered(this, written), resolver, written, options);
  }
}

class ResolvedWrappedUnionType extends WrappedUnionType {
  override _update(resolver: UnionResolver, written: avsc.Type, options: object): void {
    super._update.call(reordered(this, written), resolver, written, options);
  }
}

/** @param wrap `auto`: only where two branches look alike in JavaScript */
export function resolvedUnion(branches: readonly unknown[], options: object, wrap: 'auto' | 'always'): avsc.Type {
  const types = branches.map((branch) => avsc.Type.forSchema(branch as avsc.Schema, options));
  if (wrap === 'auto') {
    try {
      return new ResolvedUnwrappedUnionType(types, options);
    } catch (error) {
      if (!(error as Error).message.startsWith('ambiguous unwrapped union')) throw error;
    }
  }
  return new ResolvedWrappedUnionType(types, options);
}
