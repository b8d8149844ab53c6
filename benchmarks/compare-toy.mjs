/**
 * tsc -b && node benchmarks/compare-toy.mjs: the GradNorm toy under several balancing methods and seeds.
 *
 *     node benchmarks/compare-toy.mjs --tasks 2 --optimizer adam --methods all --seeds 5 --out DIR [--steps 3000]
 *         [--standardize] [--learning-rates 0.0003,0.001,0.003,0.01] [--static-runs 4] [--jobs 2] [--resume]
 *
 * `--methods` are names with commas between them, each with its options behind it: "grad-norm alpha=0.12,ema beta=0.9".
 * `--resume`, beside the same flags, goes on after Ctrl-C; other methods, rates and seeds extend what is there.
 */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  CompareDisplay,
  compareMethods,
  comparisonText,
  findings,
  parseMethodList,
  writeComparison,
} from '@counterpoise/training';

/** The scale of the targets decides about the rate of SGD, so its list is longer. */
const LEARNING_RATES = { adam: '0.0003,0.001,0.003,0.01', sgd: '0.001,0.01,0.1,1,10' };

const { values } = parseArgs({
  options: {
    tasks: { type: 'string', default: '2' },
    optimizer: { type: 'string', default: 'adam' },
    steps: { type: 'string', default: '3000' },
    standardize: { type: 'boolean', default: false },
    methods: { type: 'string', default: '' },
    'learning-rates': { type: 'string' },
    'static-runs': { type: 'string' },
    seeds: { type: 'string', default: '5' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    out: { type: 'string' },
    resume: { type: 'boolean', default: false },
  },
});

async function compare(stop) {
  const { out, optimizer, standardize, resume } = values;
  if (out === undefined) throw new RangeError('--out DIR is missing: the folder of the comparison');
  if (!resume && existsSync(join(out, 'job.json'))) {
    throw new RangeError(`--out "${out}" holds a comparison already: add --resume, or choose another folder`);
  }
  const [tasks, steps, seeds, jobs] = [values.tasks, values.steps, values.seeds, values.jobs].map(Number);
  if (!Number.isSafeInteger(seeds) || seeds < 1) throw new RangeError(`--seeds must be 1 or more, got ${values.seeds}`);
  const options = { tasks, steps, optimizer, standardize };
  const display = new CompareDisplay({ mode: 'auto', jobs });
  try {
    const comparison = await compareMethods({
      job: { module: new URL('gradnorm-toy.mjs', import.meta.url).href, options },
      out,
      methods: values.methods.trim() === '' ? [] : parseMethodList(values.methods),
      learningRates: (values['learning-rates'] ?? LEARNING_RATES[optimizer] ?? LEARNING_RATES.adam)
        .split(',')
        .map(Number),
      seeds: Array.from({ length: seeds }, (_, at) => at + 1),
      tuningSeed: 0,
      staticRuns: values['static-runs'] === undefined ? undefined : Number(values['static-runs']),
      jobs,
      signal: stop.signal,
      observer: display,
    });
    if (!comparison) return undefined;
    const title = `GradNorm toy, ${tasks} tasks, ${optimizer}${standardize ? ', standardised targets' : ''}`;
    const files = await writeComparison(out, comparison, title, options);
    return `${comparisonText(comparison)}\n\n${findings(comparison).join('\n')}\n\n${Object.values(files).join('\n')}`;
  } finally {
    display.finish();
  }
}

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => stop.abort());
try {
  const text = await compare(stop);
  process.stdout.write(text === undefined ? 'interrupted, everything is saved: go on with --resume\n' : `\n${text}\n`);
  if (text === undefined) process.exitCode = 130;
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
