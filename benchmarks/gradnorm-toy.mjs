/**
 * The toy of the GradNorm paper as a job of `compareMethods`: `gradnorm-toy/data.mjs` has its functions,
 * `gradnorm-toy/training.mjs` its network, `compare-toy.mjs` runs the comparison. Its figure of merit, as in the paper, is
 * sum_i L_i / L_i(0) on the test set, L_i(0) before the first step; the metric of a task is its own ratio.
 */
import { CounterpoiseError, extractStatic } from 'counterpoise';
import { STEPS_PER_EPOCH } from './gradnorm-toy/data.mjs';
import { balanceOf, lossNames, OPTIMIZER_NAMES, startToy, TASKS } from './gradnorm-toy/training.mjs';

const SUM = 'sum of ratios';
const ratioName = (loss) => `ratio ${loss}`;
const EPOCHS_PER_POINT = 5;

/**
 * @param options
 * - `tasks`: 2 (sigma 1 and 100) or 10 (from 1 to 100).
 * - `steps`: of the optimiser, an integer of 1 or more.
 * - `optimizer`: `adam`, or `sgd` with momentum 0.9.
 * - `standardize`: train on targets divided by sigma_i.
 * @throws RangeError on another option or value.
 */
export function createJob(options) {
  checkOptions(options);
  const losses = lossNames(options.tasks);
  return {
    losses,
    metrics: [
      ...losses.map((loss) => ({ name: ratioName(loss), higherIsBetter: false, losses: [loss] })),
      { name: SUM, higherIsBetter: false },
    ],
    refuse: (choice) => refusal(choice, options.tasks),
    run: (request, context) => run(options, request, context),
  };
}

function checkOptions({ tasks, steps, optimizer, standardize, ...others }) {
  const wrong = (name, right, value) => {
    // JSON knows no NaN.
    const shown = typeof value === 'number' ? value : JSON.stringify(value);
    return new RangeError(`"${name}" must be ${right}, got ${shown}`);
  };
  if (!TASKS.includes(tasks)) throw wrong('tasks', TASKS.join(' or '), tasks);
  if (!Number.isSafeInteger(steps) || steps < 1) throw wrong('steps', 'an integer of 1 or more', steps);
  if (!OPTIMIZER_NAMES.includes(optimizer)) throw wrong('optimizer', OPTIMIZER_NAMES.join(' or '), optimizer);
  if (typeof standardize !== 'boolean') throw wrong('standardize', 'true or false', standardize);
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw wrong('options', 'tasks, steps, optimizer and standardize', unknown);
}

function refusal(choice, tasks) {
  try {
    balanceOf(choice, tasks);
    return undefined;
  } catch (error) {
    if (error instanceof CounterpoiseError) return error.message;
    throw error;
  }
}

/** An interrupted run of some seconds begins again: it keeps nothing. */
async function run(options, request, { signal, progress }) {
  const toy = await startToy(options, request);
  try {
    const start = await toy.test();
    const curves = new Curves(start);
    const training = await train(toy, options.steps, request.learningRate, async (step) => {
      const epoch = step / STEPS_PER_EPOCH;
      if (Number.isInteger(epoch)) progress(step / options.steps);
      if (epoch % EPOCHS_PER_POINT === 0) curves.add(epoch, await toy.test());
      return !signal.aborted;
    });
    if (!training) return undefined;
    const losses = await toy.test();
    const { firstLosses, weights, seconds } = training;
    return {
      metrics: ratiosOf(losses, start),
      losses,
      firstLosses,
      meanWeights: extractStatic(weights),
      steps: options.steps,
      secondsPerStep: seconds / options.steps,
      curves: curves.byMetric,
    };
  } finally {
    toy.release();
  }
}

/** @returns undefined when `afterStep` answers false. Seconds are those of the steps alone. */
async function train({ step, batches }, steps, learningRate, afterStep) {
  const weights = [];
  let firstLosses;
  let seconds = 0;
  for (let t = 1; t <= steps; t++) {
    const feeds = Array.from({ length: step.batches }, () => batches.next().value);
    const begin = performance.now();
    const epoch = Math.floor((t - 1) / STEPS_PER_EPOCH);
    const result = await step.run(feeds, { step: t, learningRate, epoch });
    seconds += (performance.now() - begin) / 1000;
    firstLosses ??= { ...result.losses };
    weights.push({ ...result.weights });
    if (!(await afterStep(t))) return undefined;
  }
  return { firstLosses, weights, seconds };
}

/** L_i / L_i(0), and their sum, by metric. */
function ratiosOf(losses, start) {
  const ratios = Object.entries(losses).map(([loss, value]) => [ratioName(loss), value / start[loss]]);
  return { ...Object.fromEntries(ratios), [SUM]: ratios.reduce((sum, [, ratio]) => sum + ratio, 0) };
}

/** Metrics over epochs. */
class Curves {
  byMetric = {};
  #start;

  constructor(start) {
    this.#start = start;
    this.add(0, start);
  }

  add(epoch, losses) {
    for (const [metric, value] of Object.entries(ratiosOf(losses, this.#start))) {
      this.byMetric[metric] ??= { x: [], y: [] };
      this.byMetric[metric].x.push(epoch);
      this.byMetric[metric].y.push(value);
    }
  }
}
