import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

let known: string | undefined;

/** The version of Eddyline, from the package file above this one (the layout differs between sources and build). */
export function eddylineVersion(): string {
  if (known !== undefined) return known;
  for (let folder = import.meta.dirname; dirname(folder) !== folder; folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (!existsSync(file)) continue;
    const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as { name?: string; version?: string };
    if (name === 'eddyline' && version !== undefined) return (known = version);
  }
  return (known = '0.0.0');
}
