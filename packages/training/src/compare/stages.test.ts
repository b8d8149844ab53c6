/** The stages in this process, which takes no second; `compare.test.ts` has them with children and files. */
import { beforeAll, expect, test } from 'vitest';
import { DivergedError } from '../finite.js';
import { analyse, type Comparison } from './analysis.js';
import { plain } from './contenders.js';
import { findings } from './findings.js';
import type { RunOutcome, RunRequest } from './job.js';
import type { ChildPool } from './pool.js';
import { Runs } from './runs.js';
import { runStages } from './stages.js';
import { createJob } from './testing/quadratics-job.js';

const RATES = [1e-5, 1e-3, 0.01];
const SEEDS = [1, 2, 3];
const job = createJob({ crossing: false, steps: 500, milliseconds: 0 });

async function compared(
  staticRuns?: number,
): Promise<{ comparison: Comparison; requests: RunRequest[]; total: number }> {
  const requests: RunRequest[] = [];
  const pool = {
    async run(request: RunRequest): Promise<RunOutcome> {
      requests.push(request);
      const context = { folder: '', signal: new AbortController().signal, progress: () => {} };
      try {
        return (await job.run(request, context))!;
      } catch (error) {
        if (error instanceof DivergedError) return { diverged: error.message };
        throw error;
      }
    },
  };
  let total = 0;
  const options = { learningRates: RATES, seeds: SEEDS, tuningSeed: 0, methods: [plain('running-max')], staticRuns };
  const observer = {
    plan: (runs: number) => {
      total = runs;
    },
  };
  // No result is there yet.
  const runs = new Runs({ ...options, out: 'nowhere' }, pool as unknown as ChildPool);
  const stages = await runStages(job, runs, { ...options, observer });
  const { metrics, losses } = job;
  return { comparison: analyse({ metrics, losses, learningRates: RATES, seeds: SEEDS, ...stages }), requests, total };
}

let equal: Awaited<ReturnType<typeof compared>>;
beforeAll(async () => {
  equal = await compared();
});
const searchOf = ({ rows }: Comparison) => rows.find(({ name }) => name === 'static (search)')!;

test('fixed weights are tuned with as many runs as every method: each rate once, other weights each time', () => {
  const { comparison, requests, total } = equal;
  expect(requests).toHaveLength(total);
  const own = comparison.rows.filter(({ name }) => !name.startsWith('static (from'));
  expect(own.map(({ tuning }) => tuning.runs)).toEqual(own.map(() => 3));
  expect(comparison.staticGrid).toBe(21);
  // Beside the tasks alone and the extracted weights.
  const isAlone = (options: readonly string[]) => options[0]!.endsWith(':0') || options[0]!.includes(':0,');
  const tuned = requests.filter(({ method, seed, options }) => method === 'static' && seed === 0 && !isAlone(options));
  const searched = tuned.slice(0, 3);
  expect(searched.map(({ learningRate }) => learningRate)).toEqual(RATES);
  expect(new Set(searched.map(({ options }) => options[0])).size).toBe(3);
});

test('the whole grid goes on from there, finds what is at least as good on the tuning seed, and says what it cost', async () => {
  const { comparison, requests } = await compared(1000);
  expect(searchOf(comparison).tuning.runs).toBe(21);
  expect(findings(comparison)).toContain('Static weights were searched with 21 tuning runs, and every method had 3.');
  const texts = new Set(requests.map((request) => JSON.stringify(request)));
  for (const request of equal.requests.filter(({ seed }) => seed === 0))
    expect(texts).toContain(JSON.stringify(request));
  expect(searchOf(comparison).deltaM.mean).toBeLessThanOrEqual(searchOf(equal.comparison).deltaM.mean + 1);
});
