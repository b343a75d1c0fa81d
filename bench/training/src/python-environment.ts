import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url)); // of the repository, from dist/bench/training/src
export const TRAIN_REFERENCE = join(ROOT, 'bench/training/train_reference.py');
const REQUIREMENTS = join(ROOT, 'bench/training/requirements.txt');
const ENVIRONMENT = join(ROOT, '.eddyline/bench-python');

/** A Python with what the benchmark compares with, made on first use; or why there is none, as one sentence. */
export function pythonEnvironment(
  say: (line: string) => void,
): { readonly ok: true; readonly python: string } | { readonly ok: false; readonly message: string } {
  if (spawnSync('python3', ['--version']).error)
    return {
      ok: false,
      message: 'python3 is missing: install it (with its venv module) to compare with LightGBM and scikit-learn.',
    };
  const python = join(ENVIRONMENT, 'bin/python');
  const made = join(ENVIRONMENT, 'requirements.sha256');
  const wanted = createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex');
  if (existsSync(made) && readFileSync(made, 'utf8') === wanted) return { ok: true, python };
  say(`Making ${ENVIRONMENT} …`);
  rmSync(ENVIRONMENT, { recursive: true, force: true });
  const steps: readonly (readonly [string, readonly string[]])[] = [
    ['python3', ['-m', 'venv', ENVIRONMENT]],
    [python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS]],
    [python, ['-c', 'import lightgbm, sklearn']],
  ];
  for (const [program, args] of steps) {
    const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
    if (status === 0) continue;
    const message = `${program} ${args.join(' ')} ended with ${status}: ${stderr.trim().split('\n').at(-1) ?? ''}`;
    return { ok: false, message };
  }
  writeFileSync(made, wanted);
  return { ok: true, python };
}
