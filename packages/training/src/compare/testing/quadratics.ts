import type { CompareOptions } from '../compare.js';
import { plain } from '../contenders.js';
import type { QuadraticsOptions } from './quadratics-job.js';

/** The compiled job, also for tests that run from the sources: its children cannot start TypeScript. */
const MODULE = new URL('../../../dist/compare/testing/quadratics-job.js', import.meta.url).href;

/** A comparison of some milliseconds per run. */
export function quadratics(out: string, options: Partial<QuadraticsOptions> = {}): CompareOptions {
  return {
    job: { module: MODULE, options: { crossing: false, steps: 2000, milliseconds: 0, ...options } },
    out,
    methods: [plain('running-max')],
    learningRates: [1e-5, 0.01],
    seeds: [1, 2, 3],
    tuningSeed: 0,
    jobs: 2,
  };
}
