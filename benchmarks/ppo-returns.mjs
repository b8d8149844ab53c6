/**
 * tsc -b && node benchmarks/ppo-returns.mjs STUDY --out DIR: the returns of `counterpoise train ppo` over seeds, as tables.
 *
 *     environments   every environment with its own settings, ten seeds of CartPole-v1 and five of the others
 *     reward-scales  CartPole-v1 and Pendulum-v1 with rewards times 0.01 ... 1000, five seeds, under several balancings
 *
 *     [--jobs 2] [--only WORD]   trainings side by side; only those whose name has the word in it
 *
 * A run is a process of its own with one thread. One that is finished is never trained again: the command goes on after Ctrl-C. The tables, also of
 * what is there when it is interrupted, go to standard output, the picture of `reward-scales` to DIR/reward-scales.svg. The return of a run is the mean of the last 100 episodes of training.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { rewardScalesPicture } from './ppo-returns-picture.mjs';

const SCALES = [0.01, 1, 10, 100, 1000];
const BALANCES = ['fixed', 'default', 'running-max', 'norm-equalize'];
const SEEDS = { 'CartPole-v1': 10 };
const ENVIRONMENTS = ['CartPole-v1', 'Acrobot-v1', 'Pendulum-v1', 'MountainCarContinuous-v0', 'MountainCar-v0'];

const seedsOf = (count) => Array.from({ length: count }, (_, at) => at + 1);

/** Each run: what it is called, and its flags. */
const STUDIES = {
  environments: () =>
    ENVIRONMENTS.flatMap((env) =>
      seedsOf(SEEDS[env] ?? 5).map((seed) => ({ env, seed, scale: 1, balance: 'default' })),
    ),
  'reward-scales': () =>
    seedsOf(5).flatMap((seed) =>
      ['CartPole-v1', 'Pendulum-v1'].flatMap((env) =>
        BALANCES.flatMap((balance) => SCALES.map((scale) => ({ env, seed, scale, balance }))),
      ),
    ),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string' },
    jobs: { type: 'string', default: '2' },
    only: { type: 'string', default: '' },
  },
});
const [study] = positionals;
const { out } = values;
if (!Object.hasOwn(STUDIES, study ?? '') || out === undefined) {
  process.stderr.write('usage: node benchmarks/ppo-returns.mjs environments|reward-scales --out DIR [--jobs 2]\n');
  process.exit(2);
}

const nameOf = ({ env, seed, scale, balance }) => `${env}-${balance}-x${scale}-seed${seed}`;
const resultOf = (run) => join(out, `${nameOf(run)}.json`);

/** The last object that the command prints, and the seconds that it took. */
function train(run) {
  const folder = join(out, nameOf(run));
  const flags = ['--env', run.env, '--seed', run.seed, '--reward-scale', run.scale, '--balance', run.balance];
  const resume = existsSync(folder) ? ['--resume'] : [];
  const main = fileURLToPath(new URL('../packages/cli/dist/main.js', import.meta.url));
  const args = [main, 'train', 'ppo', ...flags.map(String), '--out', folder, '--json', ...resume];
  const begin = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let last = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      last = `${last}${text}`.split('\n').slice(-2).join('\n');
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      errors += text;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 130) return reject(new Error('interrupted, everything is saved: the same command goes on'));
      // A training that diverged is a result.
      const result = code === 0 ? JSON.parse(last.trim()) : { error: errors.trim() };
      resolve({ ...run, ...result, seconds: (performance.now() - begin) / 1000 });
    });
  });
}

async function trainAll(runs, jobs) {
  const waiting = runs.filter((run) => !existsSync(resultOf(run)));
  let done = runs.length - waiting.length;
  const work = async () => {
    for (let run = waiting.shift(); run; run = waiting.shift()) {
      const result = await train(run);
      writeFileSync(`${resultOf(run)}.part`, JSON.stringify(result));
      renameSync(`${resultOf(run)}.part`, resultOf(run));
      done++;
      const told = result.error ?? `return ${result.recentReturn?.toFixed(1)}`;
      process.stderr.write(`${done}/${runs.length}  ${nameOf(run)}  ${told}  ${result.seconds.toFixed(0)} s\n`);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
}

const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;
const std = (list) => Math.sqrt(list.reduce((sum, value) => sum + (value - mean(list)) ** 2, 0) / (list.length - 1));
function groupBy(list, key) {
  const groups = new Map();
  for (const item of list) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return [...groups.values()];
}
const row = (cells) => `| ${cells.join(' | ')} |`;
const table = (head, rows) => [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
const digits = (value) => value.toFixed(Math.abs(value) < 100 ? 1 : 0);
const returnsOf = (runs) => runs.map(({ recentReturn }) => recentReturn ?? Number.NaN);

function environmentsTable(results) {
  const rows = groupBy(results, ({ env }) => env).map((runs) => {
    const returns = returnsOf(runs);
    const greedy = runs.map(({ evaluation }) => evaluation?.meanReturn ?? Number.NaN);
    const [{ env, steps }] = runs;
    const numbers = [mean(returns), std(returns), Math.min(...returns), Math.max(...returns), mean(greedy)];
    const seconds = mean(runs.map((run) => run.seconds));
    return [env, steps, runs.length, ...numbers.map(digits), seconds.toFixed(0)];
  });
  return table(['environment', 'steps', 'seeds', 'return', 'std', 'worst', 'best', 'likeliest actions', 's'], rows);
}

function scalesTable(results) {
  const rows = groupBy(results, ({ env, balance }) => `${env} ${balance}`).map((runs) => {
    const cells = SCALES.map((scale) => {
      const returns = returnsOf(runs.filter((run) => run.scale === scale));
      return `${digits(mean(returns))} ± ${digits(std(returns))}`;
    });
    const seeds = new Set(runs.map(({ seed }) => seed)).size;
    return [runs[0].env, runs[0].balance, seeds, ...cells];
  });
  return table(['environment', 'balance', 'seeds', ...SCALES.map((scale) => `× ${scale}`)], rows);
}

mkdirSync(out, { recursive: true });
const runs = STUDIES[study]().filter((run) => nameOf(run).includes(values.only));
try {
  await trainAll(runs, Number(values.jobs));
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 130;
}
const finished = runs.filter((run) => existsSync(resultOf(run)));
const results = finished.map((run) => JSON.parse(readFileSync(resultOf(run), 'utf8')));
if (study === 'environments') process.stdout.write(`${environmentsTable(results)}\n`);
else {
  writeFileSync(join(out, 'reward-scales.svg'), rewardScalesPicture(results, SCALES));
  process.stdout.write(`${scalesTable(results)}\n`);
}
