// `npm run faults`: rehearses every fault, one suite after the other, and prints what each of them lost and duplicated.
//   npm run faults                       all of it, about three quarters of an hour on two cores
//   npm run faults -- --small            with the few rounds that `npm test` runs
//   npm run faults -- kill-points 7      suites whose path contains one of the words
//   npm run faults -- --seed 7           another draw
//   npm run faults -- --keep done.json   in several sittings: what each suite found is kept in the file, a suite that runs
//                                        again replaces what it found before, and the table is of all that is kept
// A complete full run (every suite, in one sitting or kept) writes its table into docs/reliability.md. Exit code 1 when a suite failed or an event is missing
// or there twice.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync, existsSync, globSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { faultsTable, goalsMissed, summed, writtenBetween } from './faults-table.ts';

const ROOT = join(import.meta.dirname, '..');
const PAGE = join(ROOT, 'docs/reliability.md');
const SUITES = ['libs/platform/kafka/test/integrity/*.spec.ts', 'e2e/faults/*.spec.ts'];
const WAIT_NOTICE_MS = 60_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    small: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    keep: { type: 'string' },
  },
});
const say = (text) => process.stderr.write(`${text}\n`);

const every = globSync(SUITES, { cwd: ROOT }).sort();
const suites = every.filter((path) => positionals.length === 0 || positionals.some((word) => path.includes(word)));
if (suites.length === 0) {
  say(`no suite's path contains ${positionals.join(' or ')}`);
  process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), 'eddyline-faults-'));
const report = join(folder, 'report.jsonl');
const results = join(folder, 'results.json');
const started = performance.now();
const size = values.small ? 'small' : 'full';

say(`${suites.length} suites, ${size}, seed ${values.seed}`);
const ticker = setInterval(() => say(`… ${Math.round((performance.now() - started) / 60_000)} min`), WAIT_NOTICE_MS);
const status = await jest(suites);
clearInterval(ticker);

const found = findings();
rmSync(folder, { recursive: true, force: true });
const kept = values.keep && existsSync(values.keep) ? JSON.parse(readFileSync(values.keep, 'utf8')) : [];
const all = [...kept.filter(({ suite }) => !found.some((one) => one.suite === suite)), ...found].sort((a, b) =>
  a.suite < b.suite ? -1 : 1,
);
if (values.keep) writeFileSync(values.keep, `${JSON.stringify(all, null, 2)}\n`);

const rows = summed(all.flatMap(({ records }) => records));
const minutes = Math.round(all.reduce((sum, { ms }) => sum + ms, 0) / 60_000);
const head = `Seed ${[...new Set(all.map(({ seed }) => seed))].join(', ')}, ${minutes} minutes, ${size}.`;
const table = faultsTable(rows);
process.stdout.write(`\n${head}\n\n${table}\n`);
const failures = all.flatMap(({ failures: of }) => of);
for (const failure of failures) say(`failed: ${failure}`);
const complete = every.every((path) => all.some((one) => one.suite === path && one.size === 'full'));
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

/** By suite: what it recorded, what failed, how long it took. */
function findings() {
  if (!existsSync(results)) {
    say('failed: the run ended before it told its results');
    process.exit(1);
  }
  const records = existsSync(report)
    ? readFileSync(report, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
    : [];
  const { testResults } = JSON.parse(readFileSync(results, 'utf8'));
  return testResults.map(({ name, status: outcome, assertionResults, startTime, endTime }) => {
    const suite = relative(ROOT, name);
    const failures = assertionResults
      .filter((test) => test.status === 'failed')
      .map((test) => `${suite}: ${test.fullName}`);
    if (outcome === 'failed' && failures.length === 0) failures.push(`${suite} could not run`);
    const own = records.filter((record) => record.suite === suite);
    return { suite, size, seed: values.seed, ms: endTime - startTime, failures, records: own };
  });
}
