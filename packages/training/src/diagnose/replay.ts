/** What a method would have weighed, had it seen the measured steps. */
import { Balancer, CounterpoiseError, type Evidence, type Method, type Need } from 'counterpoise';
import type { Measured, Step } from './measurement.js';

/** @returns weights [step][loss], or null if the method cannot take these steps, such as a negative loss. */
export function replay(method: Method, { names, steps }: Measured): number[][] | null {
  const balancer = new Balancer(method, { tasks: names });
  try {
    return steps.map((step) => {
      const { weights } = balancer.weigh(evidenceOf(names, step) as Evidence<Need>);
      return names.map((name) => weights[name] ?? 0);
    });
  } catch (error) {
    if (error instanceof CounterpoiseError && error.code === 'evidence') return null;
    throw error;
  }
}

function evidenceOf(names: readonly string[], { losses, norms, cosines }: Step): Evidence<never> {
  const present = names.flatMap((_, k) => (Number.isNaN(losses[k]) ? [] : [k]));
  const perLoss = (values: readonly number[]) => Object.fromEntries(present.map((k) => [names[k]!, values[k]!]));
  const hasNorms = present.every((k) => Number.isFinite(norms[k]));
  // A cosine with a gradient of length zero is not defined, and its product is zero.
  const product = (i: number, j: number) => {
    const length = norms[i]! * norms[j]!;
    if (i === j || length === 0) return length;
    return length * cosines[i]![j]!;
  };
  const gramian = names.map((_, i) =>
    names.map((_, j) => (present.includes(i) && present.includes(j) ? product(i, j) : 0)),
  );
  const hasGramian = hasNorms && gramian.flat().every(Number.isFinite);
  return {
    losses: perLoss(losses),
    mask: Object.fromEntries(names.map((name, k) => [name, present.includes(k)])),
    ...(hasNorms && { gradientNorms: perLoss(norms) }),
    ...(hasGramian && { gramian }),
  };
}
