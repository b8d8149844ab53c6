import { Random, type RandomState } from '../../random.js';

export const ORDERS = ['random', 'ascending'] as const;
export type Order = (typeof ORDERS)[number];

export const orderOption = {
  type: 'choice',
  choices: ORDERS,
  default: 'random',
  summary: 'order in which each gradient meets the others: drawn anew for each, or that of the tasks',
} as const;

/** For each of `size` gradients the order in which it meets the others (and itself, which is passed over). */
export function drawVisits(order: Order, size: number, state: RandomState): readonly [number[][], RandomState] {
  const random = new Random(state);
  const ascending = Array.from({ length: size }, (_, i) => i);
  const visits = ascending.map(() => (order === 'random' ? random.permutation(size) : ascending));
  return [visits, random.state];
}
