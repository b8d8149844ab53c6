/** What the balancer of PPO's losses is made of. */
import { type Evidence, type Json, type Method, type Need, staticWeights } from 'counterpoise';
import { atLeastZero } from '../options.js';
import { LOSS_NAMES, type PerPpoLoss } from './learn-graph.js';

export interface Coefficients {
  /** Of the value loss, at least 0. Default 0.5. */
  readonly value?: number;
  /** Of the entropy, at least 0. Default 0.01. */
  readonly entropy?: number;
}

/** The coefficients of the literature: policy + 0.5 value - 0.01 entropy (CleanRL's ppo.py). */
export function fixedCoefficients({ value = 0.5, entropy = 0.01 }: Coefficients = {}): Method<Json> {
  const weights: PerPpoLoss<number> = {
    policy: 1,
    value: atLeastZero('value', value),
    entropy: atLeastZero('entropy', entropy),
  };
  return staticWeights({ weights: { ...weights } });
}

/**
 * A method for the losses of PPO, by their roles:
 * - It weighs policy and value alone; entropy weighs `coefficient` times as much as policy. The entropy is a regulariser whose share
 *   of the policy is the user's choice, and it is -log n to 0 or of any sign: nothing to balance by its size. A weight of its own
 *   beside those of the method would be that choice no more, since methods scale the policy's weight as they like.
 * - The loss of the policy is shown to it as 1. With normalised advantages the terms of that loss are of order 1, but its value is
 *   near 0 and of any sign: a method that divides by it would blow the policy up. Gradients are shown as they are.
 *
 * Wrappers such as `smooth` belong inside, round `method`: they would see the entropy from outside.
 *
 * @param coefficient at least 0. Default 0.01.
 */
export function exemptEntropy<N extends Need>(method: Method<Json, N>, coefficient = 0.01): Method<Json, N> {
  atLeastZero('coefficient', coefficient);
  return {
    ...method,
    options: { ...method.options, entropyCoefficient: coefficient },
    needsNow: ({ tasks, memory }) => method.needsNow({ tasks: balanced(tasks), memory }),
    init: (tasks) => ({ tasks: [...tasks], memory: method.init(balanced(tasks)).memory }),
    restore: (tasks, memory) => ({ tasks: [...tasks], memory: method.restore(balanced(tasks), memory).memory }),
    update(evidence, state) {
      const before = { tasks: balanced(state.tasks), memory: state.memory };
      const { losses, priorities } = evidence;
      const inner = method.update(withPolicyAsOne(withoutEntropy(evidence, state.tasks)), before);
      const entropy = coefficient * inner.weights.policy! * (priorities?.entropy ?? 1);
      const weights: Record<string, number> = { ...inner.weights, entropy };
      const terms = Object.fromEntries(state.tasks.map((task) => [task, weights[task]! * (losses?.[task] ?? 0)]));
      return {
        ...inner,
        weights,
        terms,
        total: Object.values(terms).reduce((sum, term) => sum + term, 0),
        state: inner.state === before ? state : { tasks: state.tasks, memory: inner.state.memory },
      };
    },
  };
}

/** @throws RangeError unless policy and entropy are among the losses. */
function balanced(tasks: readonly string[]): readonly string[] {
  if (!tasks.includes('policy') || !tasks.includes('entropy')) {
    throw new RangeError(`the losses must be ${LOSS_NAMES.join(', ')}, got ${tasks.join(', ')}`);
  }
  return tasks.filter((task) => task !== 'entropy');
}

/** A loss that is not finite stays what it is: such a step does not count. */
function withPolicyAsOne<N extends Need>(evidence: Evidence<N>): Evidence<N> {
  const { losses } = evidence;
  return Number.isFinite(losses?.policy) ? { ...evidence, losses: { ...losses, policy: 1 } } : evidence;
}

/** Records lose the key, matrices the row and column. */
function withoutEntropy<N extends Need>(evidence: Evidence<N>, tasks: readonly string[]): Evidence<N> {
  const at = tasks.indexOf('entropy');
  const others = <T>(list: readonly T[]) => list.filter((_, k) => k !== at);
  const shown = Object.entries(evidence).map(([field, value]: [string, unknown]) => {
    if (Array.isArray(value)) return [field, others(value as readonly (readonly number[])[]).map(others)];
    if (typeof value !== 'object' || value === null) return [field, value];
    return [field, Object.fromEntries(Object.entries(value).filter(([task]) => task !== 'entropy'))];
  });
  return Object.fromEntries(shown) as Evidence<N>;
}
