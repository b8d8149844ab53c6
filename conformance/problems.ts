/** The problems of the suite. */
import { drawProblem } from './draw-problem.js';
import type { RunLength } from './engines/run.js';

export const LENGTH: RunLength = { steps: 50, stepsPerEpoch: 10 };

/** Both losses depend on the whole trunk. */
export const twoLosses = drawProblem(1, { losses: ['class', 'box'], optimizer: 'sgd', learningRate: 0.004 });

/** One of the losses misses a layer that the two others share. */
export const threeLosses = drawProblem(2, { losses: ['class', 'box', 'early'], optimizer: 'adam', learningRate: 0.01 });
