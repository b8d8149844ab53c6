/** From the numbers of the forward pass to weights. */
import { type Array as JaxArray, numpy as np } from '@jax-js/jax';
import { type Balancer, CounterpoiseError, type Evidence, type Need, type Remarks, type Weighing } from 'counterpoise';
import { checkNames } from './checks.js';
import type { GradientMeasures } from './measures.js';

export interface StepRemarks extends Remarks {
  /** Number of the epoch, from 0: for balancers whose method asks for it (`dwa`). */
  readonly epoch?: number;
}

export interface Weighed extends Weighing {
  /** Raw losses, as the balancer saw them. */
  readonly losses: Readonly<Record<string, number>>;
  /** Norm of the gradient of each raw loss; only in steps that measure it. */
  readonly gradientNorms?: Readonly<Record<string, number>>;
  /** Dot products of those gradients, K x K in the order of the balancer's losses; only where the method asks for them. */
  readonly gramian?: readonly (readonly number[])[];
}

/** @throws CounterpoiseError if a number is not finite or the balancer cannot use them; its state is then as it was. */
export function weigh<N extends Need>(
  balancer: Balancer<N>,
  names: readonly string[],
  values: readonly number[],
  measures: GradientMeasures | undefined,
  remarks: StepRemarks,
): Weighed {
  const bad = names.flatMap((name, k) => (Number.isFinite(values[k]) ? [] : [`loss "${name}" is ${values[k]}`]));
  if (bad.length > 0) throw notFinite(bad);
  const order = balancer.tasks ?? names;
  checkNames(names, order);
  const losses = Object.fromEntries(names.map((name, k) => [name, values[k]!]));
  const shown = measures && shownOf(names, order, measures, balancer.method.needs);
  const weighing = balancer.weigh({ ...remarks, losses, ...shown } as unknown as Evidence<N>);
  return {
    ...weighing,
    losses,
    ...(shown && { gradientNorms: shown.gradientNorms }),
    ...(shown?.gramian && { gramian: shown.gramian }),
  };
}

/** In the form of evidence: matrices in the order of all losses, absent ones as zeros. */
function shownOf(
  names: readonly string[],
  order: readonly string[],
  { gramian, max, mean }: GradientMeasures,
  needs: readonly Need[],
) {
  const bad = names.filter((_, k) => !Number.isFinite(gramian[k]![k]));
  if (bad.length > 0) throw notFinite(bad.map((name) => `the gradient of loss "${name}" is not finite`));
  const byName = (numbers: readonly number[]) => Object.fromEntries(names.map((name, k) => [name, numbers[k]!]));
  const places = order.map((name) => names.indexOf(name));
  return {
    gradientNorms: byName(gramian.map((row, k) => Math.sqrt(row[k]!))),
    gradientMax: byName(max),
    gradientMean: byName(mean),
    ...(needs.includes('gramian') && { gramian: places.map((i) => places.map((j) => gramian[i]?.[j] ?? 0)) }),
  };
}

/**
 * The K weights, then K factors for what is not weighted: 1, or 0 for a masked loss. In the type in which the losses are
 * computed. All are inputs of what is compiled: jax-js 0.1.25 compiles a constant cotangent that is padded with zeros, as the
 * pullback of a slice does, into that constant alone.
 *
 * @throws CounterpoiseError if a weight is beyond the range of the type: it would silently become an infinity.
 */
export function weightVector(
  names: readonly string[],
  weights: Readonly<Record<string, number>>,
  mask: Remarks['mask'],
  dtype: JaxArray['dtype'],
): JaxArray {
  const largest = np.finfo(dtype).max;
  for (const name of names) {
    if (Math.abs(weights[name]!) <= largest) continue;
    const message = `the weight of loss "${name}" is ${weights[name]}, beyond the range of ${dtype}: lower its priority`;
    throw new CounterpoiseError('evidence', message);
  }
  const factors = names.map((name) => Number(mask?.[name] !== false));
  const vector = [...names.map((name) => weights[name]!), ...factors];
  return np.array(dtype === np.float32 ? Float32Array.from(vector) : vector, { dtype });
}

function notFinite(what: readonly string[]): CounterpoiseError {
  return new CounterpoiseError(
    'evidence',
    `${what.join(', ')}: the step was not taken; a lower learning rate may help`,
  );
}
