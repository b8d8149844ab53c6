import { aNumber, aSize, recordOf } from './shapes.js';

/** One learned number with its Adam moments. */
export type AdamScalar = {
  readonly value: number;
  readonly m: number;
  readonly v: number;
  /** 1 - beta1^n and 1 - beta2^n after n updates: kept as numbers, so that no power function is needed. */
  readonly filled1: number;
  readonly filled2: number;
};

export const adamScalar = recordOf<AdamScalar>({
  value: aNumber,
  m: aNumber,
  v: aSize,
  filled1: aSize,
  filled2: aSize,
});

export function startAdam(value: number): AdamScalar {
  return { value, m: 0, v: 0, filled1: 0, filled2: 0 };
}

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/**
 * One step down `gradient` (Kingma & Ba 2015, algorithm 1; moments and epsilon as in PyTorch). `weightDecay` is L2: added
 * to the gradient. The update count is per number, so that a task that is absent for a while keeps its own bias correction.
 */
export function stepAdam(
  state: AdamScalar,
  gradient: number,
  { learningRate, weightDecay = 0 }: { readonly learningRate: number; readonly weightDecay?: number },
): AdamScalar {
  const g = gradient + weightDecay * state.value;
  const m = BETA1 * state.m + (1 - BETA1) * g;
  const v = BETA2 * state.v + (1 - BETA2) * g * g;
  const filled1 = BETA1 * state.filled1 + (1 - BETA1);
  const filled2 = BETA2 * state.filled2 + (1 - BETA2);
  const value = state.value - (learningRate * (m / filled1)) / (Math.sqrt(v / filled2) + EPSILON);
  // JSON turns -0 into 0; adding 0 does so before it can reach a state.
  return { value: value + 0, m: m + 0, v, filled1, filled2 };
}
