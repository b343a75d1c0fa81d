import { randomBytes } from 'node:crypto';

/** A name that no other test has, and that is valid for a pipeline, a topic, a group and (dashes as underscores) a database. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(6).toString('hex')}`;
}
