import type { AvroModel } from './avro/avro-model.js';
import { readIncompatibilities } from './avro/read-incompatibilities.js';

export const COMPATIBILITY_LEVELS = [
  'NONE',
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FORWARD',
  'FORWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
] as const;

export type CompatibilityLevel = (typeof COMPATIBILITY_LEVELS)[number];

export function isCompatibilityLevel(text: unknown): text is CompatibilityLevel {
  return (COMPATIBILITY_LEVELS as readonly unknown[]).includes(text);
}

export interface EarlierVersion {
  readonly version: number;
  readonly model: AvroModel;
}

/**
 * Why a schema may not follow the earlier versions of its subject; empty when it may.
 * BACKWARD: the new schema reads old data (readers are deployed first). FORWARD: old schemas read new data (writers are
 * deployed first). FULL: both. Without `_TRANSITIVE` only the latest version counts.
 * @param earlier ascending by version
 */
export function incompatibilities(
  level: CompatibilityLevel,
  next: AvroModel,
  earlier: readonly EarlierVersion[],
): string[] {
  if (level === 'NONE') return [];
  const compared = level.endsWith('_TRANSITIVE') ? earlier.toReversed() : earlier.slice(-1);
  const backward = level.startsWith('BACKWARD') || level.startsWith('FULL');
  const forward = level.startsWith('FORWARD') || level.startsWith('FULL');
  return compared.flatMap(({ version, model }) => [
    ...(backward ? sentences(readIncompatibilities(next, model), `the new schema cannot read version ${version}`) : []),
    ...(forward ? sentences(readIncompatibilities(model, next), `version ${version} cannot read the new schema`) : []),
  ]);
}

function sentences(found: ReturnType<typeof readIncompatibilities>, what: string): string[] {
  return found.map(({ kind, path, message }) => `${kind} at ${path}: ${what}: ${message}`);
}
