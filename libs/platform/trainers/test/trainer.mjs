// A trainer as a user might write one: `node trainer.mjs <what to do> [<model to hand in>] <spec.json>`.
import { spawn } from 'node:child_process';
import { copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';

const [what, ...args] = process.argv.slice(2);
const spec = JSON.parse(readFileSync(args.at(-1), 'utf8'));
const forEver = () => setInterval(() => {}, 1_000);

switch (what) {
  case 'train':
    console.log(`${spec.rows} rows, ${statSync(spec.files.training).size} bytes`);
    console.error(`environment: ${Object.keys(process.env).sort().join(' ')}`);
    copyFileSync(args[0], spec.files.model);
    writeFileSync(spec.files.metrics, JSON.stringify({ 'folds.log_loss': 0.5, rows: spec.rows }));
    break;
  case 'talk':
    for (let line = 0; line < 20_000; line++) console.log(`line ${line}`);
    process.exitCode = 3;
    break;
  case 'hang':
    // Does not end when it is asked to, and has a child that does not either.
    process.on('SIGTERM', () => console.log('not now'));
    spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'], {
      stdio: 'inherit',
    });
    writeFileSync(spec.files.metrics, String(process.pid));
    forEver();
    break;
  case 'grow': {
    // The memory is a child's.
    const child = 'const held = []; setInterval(() => held.push(Buffer.alloc(40 << 20, 1)), 50)';
    spawn(process.execPath, ['-e', child], { stdio: 'inherit' });
    forEver();
    break;
  }
  case 'nothing':
    break;
  case 'garbage':
    writeFileSync(spec.files.model, 'no model at all');
    writeFileSync(spec.files.metrics, '{}');
    break;
  case 'no-metrics':
    copyFileSync(args[0], spec.files.model);
    writeFileSync(spec.files.metrics, '{"log_loss":"low"}');
    break;
}
