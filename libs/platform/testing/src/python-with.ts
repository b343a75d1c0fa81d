import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PLACE = join(import.meta.dirname, '../../../../.eddyline');

/**
 * A Python with exactly the packages of a requirements file, made when it is first asked for, below `.eddyline/`.
 *
 * @returns the path of its interpreter
 * @throws Error that says what is missing: without it nothing of this can be tested
 */
export async function pythonWith(requirements: string): Promise<string> {
  const wanted = await readFile(requirements);
  const name = `python-${createHash('sha256').update(wanted).digest('hex').slice(0, 12)}`;
  const folder = join(PLACE, name);
  const python = join(folder, 'bin/python');
  if (await access(python).then(() => true, () => false)) return python; // prettier-ignore
  const version = await run('python3', ['--version']).catch((cause: unknown) => {
    throw new Error('python3 is needed, 3.11 or newer with venv, and was not found on the PATH', { cause });
  });
  const unfinished = `${folder}.part`;
  await rm(unfinished, { recursive: true, force: true });
  try {
    await run('python3', ['-m', 'venv', unfinished]);
    await run(join(unfinished, 'bin/python'), ['-m', 'pip', 'install', '--quiet', '-r', requirements]);
  } catch (cause) {
    const { stderr, message } = cause as Error & { readonly stderr?: string };
    throw new Error(
      `${version.stdout.trim()} could not be given the packages of ${requirements}:\n${stderr || message}`,
      { cause },
    );
  }
  await rename(unfinished, folder);
  return python;
}
