/** Who takes part: what was asked for, and the baselines that no comparison may lack. */
import type { StaticWeights } from 'counterpoise';
import { methodRow } from 'counterpoise/catalog';
import type { CompareJob, MethodChoice, RunRequest } from './job.js';

export interface LeftOut {
  readonly name: string;
  readonly reason: string;
}

export const plain = (method: string): MethodChoice => ({ method, options: [], wraps: [] });

/** Equal weights, log-sum and random weights; static weights by search and by extraction are made later. */
const ALWAYS = ['sum', 'log-sum', 'random'].map(plain);

/** As tables call it. */
export function nameOf({ method, options, wraps }: MethodChoice): string {
  return [method, ...options, ...wraps].join(' ');
}

/** Weights that never change: what the others must beat. */
export function isStatic({ method, wraps }: MethodChoice): boolean {
  return wraps.length === 0 && ['sum', 'mean', 'static'].includes(method);
}

/** Weights that follow the losses. */
export function isAdaptive(choice: MethodChoice): boolean {
  return !isStatic(choice) && choice.method !== 'random';
}

/**
 * The baselines and what was asked for, each once. `static` without weights is left to the search that is always made.
 * @throws CounterpoiseError on a name that is no method.
 */
export function contendersFor(job: CompareJob, asked: readonly MethodChoice[]) {
  const contenders: MethodChoice[] = [];
  const leftOut: LeftOut[] = [];
  const seen = new Set<string>();
  for (const choice of [...ALWAYS, ...asked]) {
    const name = nameOf(choice);
    methodRow(choice.method);
    if (seen.has(name) || name === 'static') continue;
    seen.add(name);
    const reason = job.refuse?.(choice);
    if (reason === undefined) contenders.push(choice);
    else leftOut.push({ name, reason });
  }
  return { contenders, leftOut };
}

export function staticChoice(weights: StaticWeights): MethodChoice {
  const pairs = Object.entries(weights).map(([loss, weight]) => `${loss}:${weight}`);
  return { method: 'static', options: [`weights=${pairs.join(',')}`], wraps: [] };
}

/** The single-task baseline: these losses alone. */
export function aloneChoice(losses: readonly string[], trained: readonly string[]): MethodChoice {
  return staticChoice(Object.fromEntries(losses.map((loss) => [loss, trained.includes(loss) ? 1 : 0])));
}

/** One run of it. A method that draws lots draws other ones for each seed. */
export function requestFor(choice: MethodChoice, learningRate: number, seed: number): RunRequest {
  const draws = Object.hasOwn(methodRow(choice.method).options, 'seed');
  const isGiven = choice.options.some((option) => option.startsWith('seed='));
  const options = draws && !isGiven ? [...choice.options, `seed=${seed}`] : choice.options;
  return { ...choice, options, learningRate, seed };
}

/** Of the share of a loss over that of the first: seven per pair of losses. */
const RATIOS = [1, 0.01, 0.1, 1 / 3, 3, 10, 100];

/**
 * The static search: w_k = K p_k / |L_k(first step)| with p on the simplex, so that the weighted losses are p_k K at first and
 * no learning rate meets a point of quite another scale. p is uniform, and then each loss but the first is given 1/100, 1/10,
 * 1/3, 3, 10 and 100 times its part: with two losses the whole grid of seven ratios, with more a star of 6 (K - 1) + 1 points.
 * Three digits, so that the weights can be read.
 */
export function staticPoints(losses: readonly string[], firstLosses: Readonly<Record<string, number>>) {
  const star = losses.slice(1).flatMap((loss) => RATIOS.map((ratio) => ({ loss, ratio })));
  const points = star.length > 0 ? star : [{ loss: '', ratio: 1 }];
  const weights = points.map(({ loss, ratio }) => {
    const parts = losses.map((name) => (name === loss ? ratio : 1));
    const total = parts.reduce((sum, part) => sum + part, 0);
    return Object.fromEntries(
      losses.map((name, k) => {
        const weight = (losses.length * parts[k]!) / total / (Math.abs(firstLosses[name] ?? 0) || 1);
        return [name, Number(weight.toPrecision(3))];
      }),
    );
  });
  // The uniform point comes once for every loss.
  const texts = weights.map((point) => JSON.stringify(point));
  return weights.filter((_, at) => texts.indexOf(texts[at]!) === at);
}
