/**
 * `npm run goldens`: makes the golden files again with PyTorch and compares them with those in the repository; then lets our
 * library and torchvision read each other's weight files. Exit code 1 if anything differs.
 *
 * The Python is $PYTHON or /usr/bin/python3. Without PyTorch nothing can be checked: it says so and ends with 0.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const python = process.env.PYTHON || '/usr/bin/python3';
const script = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Whether the command ended with 0. */
function run(command, ...args) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
  if (error) console.error(`${command}: ${error.message}`);
  return status === 0;
}

const probe = spawnSync(python, ['-c', 'import numpy, torch, torchvision; print(torch.__version__)'], {
  encoding: 'utf8',
});
if (probe.status !== 0) {
  const why = probe.error?.message ?? probe.stderr.trim().split('\n').at(-1);
  console.warn(`SKIPPED: the golden files were not checked, because "${python}" has no PyTorch (${why}).`);
  console.warn('Install python3-torch, python3-torchvision and python3-numpy, or set PYTHON to an interpreter with them.');
  process.exit(0);
}

console.log(`golden files, made again with PyTorch ${probe.stdout.trim()}:`);
const started = performance.now();
const same = run(python, script('check.py'));

const folder = mkdtempSync(join(tmpdir(), 'counterpoise-goldens-'));
try {
  const exchanged =
    run(python, script('exchange.py'), 'write', folder) &&
    run(process.execPath, script('exchange.mjs'), folder) &&
    run(python, script('exchange.py'), 'read', folder);
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(same && exchanged ? `All as it should be, after ${seconds} s.` : `Something differs, after ${seconds} s.`);
  process.exitCode = same && exchanged ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
