// `npm run faults`: rehearses every fault, one suite after the other, and prints what each of them lost and duplicated.
//   npm run faults                       all of it, about three quarters of an hour on two cores
//   npm run faults -- --small            with the few rounds that `npm test` runs
//   npm run faults -- kill-points 7      suites whose path contains one of the words
//   npm run faults -- --seed 7           another draw
// A complete full run writes its table into docs/reliability.md. Exit code 1 when a suite failed or an event is missing
// or there twice.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync, globSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { faultsTable, goalsMissed, summed, writtenBetween } from './faults-table.ts';

const ROOT = join(import.meta.dirname, '..');
const PAGE = join(ROOT, 'docs/reliability.md');
const SUITES = ['libs/platform/kafka/test/integrity/*.spec.ts', 'e2e/faults/*.spec.ts'];
const WAIT_NOTICE_MS = 60_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { small: { type: 'boolean', default: false }, seed: { type: 'string', default: '1' } },
});
const say = (text) => process.stderr.write(`${text}\n`);

const suites = globSync(SUITES, { cwd: ROOT })
  .filter((path) => positionals.length === 0 || positionals.some((word) => path.includes(word)))
  .sort();
if (suites.length === 0) {
  say(`no suite's path contains ${positionals.join(' or ')}`);
  process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), 'eddyline-faults-'));
const report = join(folder, 'report.jsonl');
const results = join(folder, 'results.json');
const started = performance.now();
const minutes = () => Math.round((performance.now() - started) / 6_000) / 10;

say(`${suites.length} suites, ${values.small ? 'small' : 'full'}, seed ${values.seed}`);
const ticker = setInterval(() => say(`… ${minutes()} min`), WAIT_NOTICE_MS);
const status = await jest(suites);
clearInterval(ticker);

const records = existsSync(report)
  ? readFileSync(report, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
  : [];
const failures = failuresOf(results);
rmSync(folder, { recursive: true, force: true });

const rows = summed(records);
const head = `Seed ${values.seed}, ${minutes()} minutes, ${values.small ? 'small' : 'full'}.`;
const table = faultsTable(rows);
process.stdout.write(`\n${head}\n\n${table}\n`);
for (const failure of failures) say(`failed: ${failure}`);
const complete = positionals.length === 0 && !values.small;
const missed = complete ? goalsMissed(rows) : [];
for (const goal of missed) say(`goal missed: ${goal}`);
const wrong = rows.filter(({ lost, duplicated }) => lost > 0 || duplicated > 0);
for (const { fault, lost, duplicated } of wrong) say(`${fault}: ${lost} lost, ${duplicated} duplicated`);
if (complete) writeFileSync(PAGE, writtenBetween(readFileSync(PAGE, 'utf8'), 'faults', `${head}\n\n${table}`));
process.exit(status === 0 && failures.length === 0 && wrong.length === 0 && missed.length === 0 ? 0 : 1);

/** One suite at a time: what a fault does to another suite's timing is nobody's finding. */
function jest(paths) {
  const args = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--config', 'jest.config.mjs', '-w', '1'];
  const child = spawn(process.execPath, [...args, '--json', '--outputFile', results, '--runTestsByPath', ...paths], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      EDDYLINE_FAULTS: values.small ? 'small' : 'full',
      EDDYLINE_FAULTS_SEED: values.seed,
      EDDYLINE_FAULTS_REPORT: report,
    },
  });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}

/** Names of the tests that failed, and of suites that could not even run. */
function failuresOf(path) {
  if (!existsSync(path)) return ['the run ended before it told its results'];
  const { testResults } = JSON.parse(readFileSync(path, 'utf8'));
  return testResults.flatMap(({ name, status: suite, assertionResults }) => {
    const failed = assertionResults
      .filter((test) => test.status === 'failed')
      .map((test) => `${name}: ${test.fullName}`);
    return suite === 'failed' && failed.length === 0 ? [`${name} could not run`] : failed;
  });
}
