/**
 * npm run packages: every package as a user gets it. Packs them and installs the tarballs into empty projects: one with everything for our
 * own engine, one for each adapter with no more than its peer. In each the types resolve under both module resolutions and a training step
 * runs; the command starts; the example page of TensorFlow.js builds with Vite.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'counterpoise-packages-'));
const run = (command, args, cwd) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
const say = (line) => process.stdout.write(`${line}\n`);

/** A type error in one of these means that a user's editor would show one. */
const USE_ENGINE = `
import { Balancer, compose, createBalancer, ema, upgrad } from 'counterpoise';
import { methods, parseOptions } from 'counterpoise/catalog';
import { Input, mul, sub, sum } from '@counterpoise/engine';
import { initialise, Linear, Random, SGD } from '@counterpoise/nn';
import { compileBalancedStep } from '@counterpoise/training';
import { generatedDataset } from '@counterpoise/localization';

const model = initialise(new Linear(3, 2), new Random(0));
const x = new Input('x', [4, 3]);
const y = model.forward(x);
const square = sub(y, 1);
const losses = { small: sum(mul(square, square)), large: mul(sum(mul(square, square)), 1e4) };
const optimizer = new SGD(model.namedParameters());
const balancer = createBalancer('running-max');
const step = await compileBalancedStep({ losses, optimizer }, balancer, { threads: 1 });
const { total } = await step.run({ x: new Float32Array(12).fill(1) }, { step: 1, learningRate: 0.01 });
step.release();
const { train } = generatedDataset({ train: 2, val: 1 });
const careful = new Balancer(compose(upgrad(), { normalize: ema(), smooth: 0.5 }), { tasks: ['small', 'large'] });
const { small = 0, large = 0 } = careful.weigh({ losses: { small: 1, large: 1e4 }, gramian: [[1, -1e3], [-1e3, 1e8]] }).weights;
if (!(small > large) || methods.upgrad.needs[0] !== 'gramian') throw new Error('unexpected weights');
parseOptions('aligned-mtl', ['scale-mode=rmse']);
if (Math.abs(total - 2) > 1e-6 || train.items.length !== 2) throw new Error(\`unexpected total \${total}\`);
`;

// tfjs-core has no gradients of its own: tfjs-layers registers them, as the whole of @tensorflow/tfjs does.
// At w = 3 the gradients are 6 and 40000, of one sign: upgrad takes the mean, and a step of 1e-5 goes to 3 - 0.2 = 2.8.
const USE_TFJS = `
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers';
import { minimize } from '@counterpoise/tfjs';
import { compileBalanced } from '@counterpoise/tfjs/layers';
import * as tf from '@tensorflow/tfjs-core';
import { createBalancer } from 'counterpoise';

const w = tf.variable(tf.scalar(3));
const losses = () => ({ small: tf.square(w), large: tf.mul(1e4, tf.square(tf.sub(w, 1))) });
const { weights } = minimize(tf.train.sgd(1e-5), createBalancer('upgrad'), losses);
const [after = 0] = w.dataSync();
if (weights.small !== 0.5 || Math.abs(after - 2.8) > 1e-3 || typeof compileBalanced !== 'function') {
  throw new Error(\`unexpected w \${after}\`);
}
`;

const USE_JAX = `
import { balancedValueAndGrad } from '@counterpoise/jax';
import { type Array as JaxArray, defaultDevice, numpy as np } from '@jax-js/jax';
import { createBalancer } from 'counterpoise';

defaultDevice('cpu');
const square = (x: JaxArray) => x.ref.mul(x);
const step = balancedValueAndGrad(createBalancer('upgrad'), ({ w }: { w: JaxArray }) => ({
  small: square(w.ref),
  large: square(w.sub(1)).mul(1e4),
}));
const { weights, grads } = await step({ w: np.array(3) });
const [gradient = 0] = await grads.w.data();
if (weights.small !== 0.5 || Math.abs(gradient - 20003) > 1) throw new Error(\`unexpected gradient \${gradient}\`);
`;

function pack(name) {
  const [{ filename, files }] = JSON.parse(
    run('npm', ['pack', '--json', '--pack-destination', folder], join(root, 'packages', name)),
  );
  const paths = files.map(({ path }) => path);
  for (const needed of ['package.json', 'README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts']) {
    if (!paths.includes(needed)) throw new Error(`${filename} lacks ${needed}`);
  }
  const stray = paths.filter((path) => /\.test\.|goldens\/|\.tsbuildinfo$/.test(path));
  if (stray.length > 0) throw new Error(`${filename} should not hold ${stray.join(', ')}`);
  say(`packed ${filename}: ${paths.length} files`);
  return join(folder, filename);
}

/** Compiles `use.ts`. What others' types have against each other or the compiler's own (TensorFlow.js and WebGPU) is no error of ours. */
function typeErrors(project, options) {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const all = ['--strict', '--types', 'node', '--target', 'es2023', ...options.split(' '), 'use.ts'];
  const { stdout } = spawnSync(process.execPath, [tsc, ...all], { cwd: project, encoding: 'utf8' });
  return stdout.split('\n').filter((line) => /^(use\.ts|node_modules\/@?counterpoise).* error TS/.test(line));
}

/** An empty project with these packages, in which \`use\` has been checked and run. */
function projectWith(name, packages, use) {
  const project = join(folder, name);
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  // A TypeScript project for Node has Node's types.
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '@types/node@20', ...packages], project);
  writeFileSync(join(project, 'use.ts'), use);
  for (const [module, resolution] of [
    ['esnext', 'bundler'],
    ['nodenext', 'nodenext'],
  ]) {
    const errors = typeErrors(project, `--module ${module} --moduleResolution ${resolution}`);
    if (errors.length > 0) throw new Error(`${name} under ${resolution}:\n${errors.join('\n')}`);
    say(`${name}: types resolve under ${resolution}`);
  }
  run(process.execPath, ['use.js'], project);
  say(`${name}: a training step runs`);
  return project;
}

try {
  const names = readdirSync(join(root, 'packages'));
  const tarballs = Object.fromEntries(names.map((name) => [name, pack(name)]));
  const { tfjs, jax, ...ours } = tarballs;

  const project = projectWith('engine', Object.values(ours), USE_ENGINE);
  const { version } = JSON.parse(readFileSync(join(root, 'packages', 'cli', 'package.json'), 'utf8'));
  const printed = run(join(project, 'node_modules', '.bin', 'counterpoise'), ['--version'], project).trim();
  if (printed !== version) throw new Error(`counterpoise --version printed "${printed}", expected ${version}`);
  say(`counterpoise ${printed} starts`);

  projectWith('jax', [tarballs.counterpoise, jax, '@jax-js/jax@^0.1.25'], USE_JAX);

  const parts = ['core', 'layers', 'backend-cpu', 'backend-webgl'].map((part) => `@tensorflow/tfjs-${part}@^4.22.0`);
  const page = projectWith('tfjs', [tarballs.counterpoise, tfjs, ...parts], USE_TFJS);
  cpSync(join(root, 'examples', 'tfjs', 'browser'), join(page, 'page'), { recursive: true });
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  run(process.execPath, [vite, 'build', '--logLevel', 'error', 'page'], page);
  const assets = join(page, 'page', 'dist', 'assets');
  const [script] = readdirSync(assets).filter((file) => file.endsWith('.js'));
  if (!script) throw new Error('vite build of examples/tfjs/browser wrote no script');
  say(`examples/tfjs/browser builds with Vite: ${Math.round(statSync(join(assets, script)).size / 1024)} KiB`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
