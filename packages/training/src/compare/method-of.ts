import { CounterpoiseError, compose, type Json, type Method, type Need } from 'counterpoise';
import { parseComposition, parseOptions, resolveMethod } from 'counterpoise/catalog';
import type { MethodChoice } from './job.js';

/**
 * The method of a request, for the `run` of a job whose steps show numbers alone. Throws a `CounterpoiseError` if there is none
 * such, or if it works on whole gradients: `createStepMethod` makes those.
 */
export function createChosenMethod({ method, options, wraps }: MethodChoice): Method<Json, Need> {
  const inner = resolveMethod(method, parseOptions(method, options));
  if (inner.wholeGradients) {
    throw new CounterpoiseError('option', `${method} works on whole gradients, and this job shows only numbers`);
  }
  return compose(inner.method, parseComposition(wraps));
}
