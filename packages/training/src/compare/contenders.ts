/** Who takes part: what was asked for, and the baselines that no comparison may lack. */
import type { StaticWeights } from 'counterpoise';
import { methodRow } from 'counterpoise/catalog';
import type { CompareJob, MethodChoice, RunRequest } from './job.js';

export interface LeftOut {
  readonly name: string;
  readonly reason: string;
}

export const leftOutLine = ({ name, reason }: LeftOut) => `Left out: ${name}: ${reason}`;

export const plain = (method: string): MethodChoice => ({ method, options: [], wraps: [] });

/** Equal weights, log-sum and random weights; static weights by search and by extraction are made later. */
const ALWAYS = ['sum', 'log-sum', 'random'].map(plain);

/** As tables call the static weights of the search. */
export const SEARCHED = 'static (search)';

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
