import type { Point } from './toy.js';
import { valley } from './valley.js';

/** How the authors' program goes down the toy. FAMO's cuts the length of the update down to 1 besides. */
export const VALLEY_DESCENT = { steps: 50_000, learningRate: 1e-3, optimizer: 'adam' } as const;

/** The least values of the two losses (-2 and -20), with room below, as FAMO's authors give them. */
const lowerBound = { first: -2.1, second: -21 };

export interface Outcome {
  readonly method: string;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly maxNorm?: number;
  /**
   * For each start x1 where the descent ends on the front, or the point off the front where it is after all steps. `null`: on
   * the front, but rounding decides where.
   */
  readonly ends: readonly (number | Point | null)[];
}

/** What each method reaches from each start of the toy, measured; failures are part of it. */
export const valleyOutcomes: readonly Outcome[] = [
  { method: 'mean', ends: [-5.73, -5.73, [5.02, 3.92], -5.73, -5.73] },
  { method: 'log-sum', options: { lowerBound }, ends: [[-5.02, 2.71], -6.24, [5.02, 3.03], -6.24, 6.24] },
  { method: 'running-max', options: { absolute: true }, ends: [[-5.01, 2.66], 0, [4.99, 2.92], 0.55, -0.66] },
  { method: 'famo', options: { lowerBound, weightDecay: 0 }, maxNorm: 1, ends: [-0.49, 0.08, 0.34, -0.95, 1.76] },
  { method: 'norm-equalize', ends: [-2.32, 0, 1.01, -3.49, 5.36] },
  { method: 'mgda', ends: [-1.98, 6.1, 6.98, -4.26, 6.99] },
  { method: 'nash-mtl', options: { maxNorm: 1 }, ends: [-2.87, 0, 2.87, -3.21, 4.78] },
  { method: 'imtl-g', ends: [null, null, null, null, null] },
  { method: 'cagrad', options: { c: 0.4 }, ends: [-5.73, -5.73, [6.38, 0.29], -5.73, -5.73] },
  { method: 'pcgrad', ends: [-4.44, -3.35, [6.97, 0.01], -3.82, 5.03] },
  { method: 'upgrad', ends: [-4.48, -3.35, [6.45, 0.26], -3.82, 5.03] },
  { method: 'aligned-mtl', ends: [-5.73, -5.73, -4.63, -5.73, -4.86] },
];

export const valleyToy = valley();
