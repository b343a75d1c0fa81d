import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Where, among the jars, their classes are kept as a JVM has read and checked them once: the next one maps the file, and is up in half
 * the time. A JVM that cannot use it reads the jars.
 * @param java what `java -version` says: each JVM has a file of its own
 */
export function classArchiveOf(libs: string, java: string): string {
  return join(libs, `classes-${createHash('sha256').update(java).digest('hex').slice(0, 12)}.jsa`);
}

/** It would tell of hundreds of classes that it has to leave out. */
const QUIET = '-Xlog:cds*=error';

/** Flags of a JVM that uses the archive where there is one. */
export function withArchive(archive: string): readonly string[] {
  return existsSync(archive) ? [`-XX:SharedArchiveFile=${archive}`, QUIET] : [];
}

/** Flags of one that leaves such a file when it ends in order, which takes it a second or two. */
export function leavingArchive(draft: string): readonly string[] {
  return [`-XX:ArchiveClassesAtExit=${draft}`, QUIET];
}
