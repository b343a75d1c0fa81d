// Lints every fixture beside this file and prints [{ fixture, as, expected, reported }] as JSON: `line rule-id`, sorted.
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ESLint } from 'eslint';

const here = import.meta.dirname;
const root = join(here, '..', '..');

/** The rule ids after the mark of one line, e.g. `… // ✗ no-eval, eqeqeq`. */
function marksOf(line) {
  const [, marks] = line.split('✗ ');
  return marks ? marks.split(',').map((mark) => mark.trim()) : [];
}

const fixtures = [];
for (const name of (await readdir(here)).filter((name) => name.endsWith('.ts')).sort()) {
  const text = await readFile(join(here, name), 'utf8');
  const as = /^\/\/ as (\S+)/.exec(text)?.[1];
  if (!as) throw new Error(`${name} does not begin with "// as <path>"`);
  const expected = text.split('\n').flatMap((line, index) => marksOf(line).map((rule) => `${index + 1} ${rule}`));
  fixtures.push({ fixture: name, as, text, expected });
}

const eslint = new ESLint({
  cwd: root,
  overrideConfig: {
    files: ['**/*.ts'],
    languageOptions: {
      parserOptions: {
        // Most paths that fixtures pretend to have do not exist: their types come from a project made for them.
        projectService: {
          allowDefaultProject: fixtures.map(({ as }) => as).filter((as) => !existsSync(join(root, as))),
          defaultProject: 'tsconfig.json',
          maximumDefaultProjectFileMatchCount_THIS_WILL_SLOW_DOWN_LINTING: fixtures.length,
        },
      },
    },
  },
});

const report = [];
for (const { fixture, as, text, expected } of fixtures) {
  const [result] = await eslint.lintText(text, { filePath: join(root, as) });
  const reported = result.messages.map(({ line, ruleId, message }) => `${line} ${ruleId ?? message}`);
  report.push({ fixture, as, expected: expected.sort(), reported: reported.sort() });
}

const { default: config } = await import('../../eslint.config.mjs');
const configured = config
  .filter((block) => block.name?.startsWith('eddyline/'))
  .flatMap((block) => Object.entries(block.rules ?? {}))
  .filter(([, setting]) => setting !== 'off')
  .map(([rule]) => rule);

console.log(JSON.stringify({ report, configured: [...new Set(configured)].sort() }));
