/**
 * npm run examples: runs every example, one after the other; fails if one fails.
 *
 * The Python is $PYTHON or /usr/bin/python3. Without PyTorch its example cannot run: that is said, and is no failure.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const python = process.env.PYTHON || '/usr/bin/python3';
const EXAMPLES = [
  [process.execPath, 'two-losses.mjs'],
  [process.execPath, 'gradients.mjs'],
  [process.execPath, 'own-environment.mjs'],
  [process.execPath, 'tfjs/two-heads.mjs'],
  [process.execPath, 'tfjs/actor-critic.mjs'],
  [process.execPath, 'jax/oscillator.mjs'],
  ['sh', 'weigh.sh'],
  ...(spawnSync(python, ['-c', 'import torch']).status === 0 ? [[python, 'weigh-from-python/train.py']] : []),
];

for (const [command, name] of EXAMPLES) {
  console.log(`\n--- examples/${name}`);
  const { status, error } = spawnSync(command, [fileURLToPath(new URL(`../examples/${name}`, import.meta.url))], {
    stdio: 'inherit',
  });
  if (error) throw error;
  if (status !== 0) process.exit(1);
}
if (!EXAMPLES.some(([command]) => command === python)) {
  console.warn(
    `\nSKIPPED: examples/weigh-from-python, because "${python}" has no PyTorch; install python3-torch or set PYTHON.`,
  );
}
