/** Every method of the registry: those that the suite trains with, and those that an adapter cannot serve, with the reason. */
import { Balancer, createMethod, type Json, type Method, type Need } from 'counterpoise';
import { allMethods, methods, wholeGradientMethods } from 'counterpoise/catalog';
import type { Boundary } from './engines/run.js';

export interface Case {
  readonly method: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly boundary: Boundary;
}

const TWO_BATCHES = 'compares the gradients of two batches and follows a third: an adapter sees one batch per step';
const WHOLE_GRADIENTS =
  'works on whole gradients, entry by entry or kept from step to step: that part is in @counterpoise/training';

/** Names that no adapter serves. `db-mtl` and `gradvac` are methods of numbers too, and served as such. */
export const UNSERVED: Readonly<Record<string, string>> = {
  sdmgrad: TWO_BATCHES,
  modo: TWO_BATCHES,
  'grad-drop': WHOLE_GRADIENTS,
  'trimmed-mean': WHOLE_GRADIENTS,
  moco: WHOLE_GRADIENTS,
  'excess-mtl': WHOLE_GRADIENTS,
  'm-config': WHOLE_GRADIENTS,
};

/** What the registry says about that: names and nothing declared here. */
export function unservedByRegistry(): readonly string[] {
  const comparing = Object.keys(methods).filter((name) => needsOf(name).includes('crossGramian'));
  return [...comparing, ...Object.keys(wholeGradientMethods).filter((name) => !Object.hasOwn(methods, name))];
}

/** Options other than the defaults. */
const OPTIONS: Readonly<Record<string, Case['options']>> = {
  static: { weights: 0.3 },
  // With the default of 5 a small loss is driven up without end: its weight is below zero.
  pbi: { theta: 0.3 },
};

/** Each served method at both boundaries; one that never looks at gradients once, for the boundary means nothing to it. */
export const cases: readonly Case[] = [
  ...Object.keys(allMethods)
    .filter((method) => !Object.hasOwn(UNSERVED, method))
    .flatMap((method) => atBoundaries(method, OPTIONS[method])),
  // Only so does a method see the entries of gradients.
  ...atBoundaries('pinn-annealing', { statistic: 'max-mean' }),
];

/** A method for each kind of evidence that an adapter gathers: for engines on which all of them would take minutes. */
export const fewCases = cases.filter(
  ({ method, options }) =>
    ['running-max', 'dwa', 'norm-equalize', 'upgrad'].includes(method) || options.statistic === 'max-mean',
);

export function needsOf(method: string): readonly Need[] {
  return (methods as Readonly<Record<string, { readonly needs: readonly Need[] }>>)[method]!.needs;
}

function atBoundaries(method: string, options: Case['options'] = {}): Case[] {
  const looks = methodOf({ method, options }).needs.some((need) => need === 'gramian' || need.startsWith('gradient'));
  const boundaries: readonly Boundary[] = looks ? ['parameters', 'representation'] : ['parameters'];
  return boundaries.map((boundary) => ({ method, options, boundary }));
}

export function methodOf({ method, options }: Pick<Case, 'method' | 'options'>): Method<Json, Need> {
  return createMethod<string>(method, options) as Method<Json, Need>;
}

/** A fresh balancer: methods that draw begin from the same seed. */
export function balancerFor(one: Case, tasks: readonly string[]): Balancer<Need> {
  return new Balancer(methodOf(one), { tasks });
}

export function labelOf({ method, options, boundary }: Case): string {
  return [method, ...(Object.keys(options).length > 0 ? [JSON.stringify(options)] : []), `at ${boundary}`].join(' ');
}
