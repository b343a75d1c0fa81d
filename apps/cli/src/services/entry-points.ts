import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CliFailure } from '../terminal/failure.js';

/** The built main.js of another app, which lies beside this one in dist/apps. */
export function entryPointOf(app: string): string {
  const path = fileURLToPath(new URL(`../../../${app}/src/main.js`, import.meta.url));
  if (!existsSync(path)) throw new CliFailure(`${path} is missing: build first (npm run build)`);
  return path;
}
