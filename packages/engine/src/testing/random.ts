/**
 * Reproducible numbers in [0, 1) for tests, from a linear congruential generator modulo 2^32.
 * Multiplier and increment: Press et al., Numerical Recipes, section 7.1.
 */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
