/**
 * npm run packages: every package as a user gets it. Packs them, installs the tarballs into an empty project, checks that the
 * types resolve under both module resolutions, that a training step runs, and that the command starts.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const project = mkdtempSync(join(tmpdir(), 'counterpoise-packages-'));
const run = (command, args, cwd = project) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

/** A type error here means that a user's editor would show one. */
const USE = `
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

try {
  const tarballs = readdirSync(join(root, 'packages')).map((name) => {
    const [{ filename, files }] = JSON.parse(
      run('npm', ['pack', '--json', '--pack-destination', project], join(root, 'packages', name)),
    );
    const paths = files.map(({ path }) => path);
    for (const needed of ['package.json', 'README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts']) {
      if (!paths.includes(needed)) throw new Error(`${filename} lacks ${needed}`);
    }
    const stray = paths.filter((path) => /\.test\.|goldens\/|\.tsbuildinfo$/.test(path));
    if (stray.length > 0) throw new Error(`${filename} should not hold ${stray.join(', ')}`);
    process.stdout.write(`packed ${filename}: ${paths.length} files\n`);
    return join(project, filename);
  });
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  // A TypeScript project for Node has Node's types.
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '@types/node@20', ...tarballs]);
  writeFileSync(join(project, 'use.ts'), USE);
  writeFileSync(join(project, 'use.mjs'), USE);
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  for (const [module, resolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ]) {
    const options = `--noEmit --strict --types node --target es2023 --module ${module} --moduleResolution ${resolution}`;
    run(process.execPath, [tsc, ...options.split(' '), 'use.ts']);
    process.stdout.write(`types resolve under ${resolution}\n`);
  }
  run(process.execPath, ['use.mjs']);
  process.stdout.write('a training step runs\n');
  const { version } = JSON.parse(readFileSync(join(root, 'packages', 'cli', 'package.json'), 'utf8'));
  const printed = run(join(project, 'node_modules', '.bin', 'counterpoise'), ['--version']).trim();
  if (printed !== version) throw new Error(`counterpoise --version printed "${printed}", expected ${version}`);
  process.stdout.write(`counterpoise ${printed} starts\n`);
} finally {
  rmSync(project, { recursive: true, force: true });
}
