import { type AdamScalar, adamScalar, startAdam, stepAdam } from '../../adam.js';
import type { PerTask } from '../../json.js';
import { softmax } from '../../linalg/softmax.js';
import { dot } from '../../linalg/vectors.js';
import { defineMethod, type Method, type Step } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { forTask, numberOption, resolveOptions, type SpecsOf } from '../../options.js';
import { aSize, nullable, perTask, recordOf } from '../../shapes.js';

export interface FamoOptions {
  /** Learning rate of the task logits (Adam). Range (0, inf), default 0.025. */
  learningRate?: number;
  /**
   * L2 decay gamma of the logits: pulls the task shares together. Range [0, inf), default 1e-3 (LibMTL, TorchJD, and the
   * paper but for Cityscapes: 0.01, and its toy: 0). The authors' files have 0.01 (famo.py) and 1e-5 (weight_methods.py).
   */
  weightDecay?: number;
  /** Smallest possible value b of each loss, in its unit. Default 0. */
  lowerBound?: PerTask;
  /** Added to L - b, in the unit of the loss. Default 1e-8, as in the authors' code. */
  epsilon?: number;
}

const specs = {
  learningRate: numberOption('(0, inf)', { default: 0.025, unit: '1', summary: 'of the task logits (Adam)' }),
  weightDecay: numberOption('[0, inf)', {
    default: 1e-3,
    unit: '1',
    summary: 'L2 decay of the task logits, pulls the shares together',
  }),
  lowerBound: numberOption('(-inf, inf)', {
    default: 0,
    perTask: true,
    unit: 'loss',
    summary: 'smallest value b the loss can have',
  }),
  epsilon: numberOption('[1e-300, inf)', { default: 1e-8, unit: 'loss', summary: 'added to L - b' }),
} as const satisfies SpecsOf<FamoOptions>;

type Task = {
  readonly logit: AdamScalar;
  /** L - b at the last step of this task. */
  readonly before: number | null;
};

type Memory = readonly Task[];

const taskShape = recordOf<Task>({ logit: adamScalar, before: nullable(aSize) });

/**
 * D = L - b + epsilon, z = softmax(xi): w_k = (z_k / D_k) / sum_j z_j / D_j, which decreases all log D at a rate z asks for.
 * After the step delta = log D(before) - log D(after) on the same batch, and xi goes down (diag z - z z^T) delta by Adam:
 * tasks that improved less get more. That update happens in the next `weigh`, from its `lossesAfter`; where they are not
 * given from its current losses, as in the authors' toy (no second forward pass). The authors also clip the gradient of
 * the shared parameters to norm 1; LibMTL and TorchJD do not.
 */
export function famo(options: FamoOptions = {}): Method<Memory> {
  const resolved = resolveOptions('famo', specs, options);
  const { lowerBound, epsilon } = resolved;

  function learn({ active, lossesAfter }: Step, memory: Memory): Task[] {
    const next = [...memory];
    const judged = active
      .map(({ task, index, magnitude }, i) => {
        const after = lossesAfter[i];
        const size = after === undefined ? magnitude : Math.max(0, after - forTask(lowerBound, task, 0));
        return { index, size, ...memory[index]! };
      })
      .filter(({ before }) => before !== null);
    const z = softmax(judged.map(({ logit }) => logit.value));
    const delta = judged.map(({ before, size }) => Math.log((before as number) + epsilon) - Math.log(size + epsilon));
    const mean = dot(z, delta);
    judged.forEach(({ index, logit, before }, i) => {
      next[index] = { before, logit: stepAdam(logit, z[i]! * (delta[i]! - mean), resolved) };
    });
    return next;
  }

  return defineMethod<Memory>({
    name: 'famo',
    needs: ['losses'],
    specs,
    options: { ...resolved },
    magnitude: { absolute: undefined, lowerBound },
    init: (tasks) => tasks.map(() => ({ logit: startAdam(0), before: null })),
    restore: (tasks, memory) => perTask(tasks, memory, taskShape),
    weigh(step, memory) {
      const next = learn(step, memory);
      // z / D over its sum, taken in logarithms so that it neither overflows nor underflows.
      const logits = step.active.map(
        ({ index, magnitude }) => next[index]!.logit.value - Math.log(magnitude + epsilon),
      );
      for (const { index, magnitude } of step.active) next[index] = { ...next[index]!, before: magnitude };
      return { weights: softmax(logits), memory: next };
    },
  });
}

export const famoRow: MethodRow<FamoOptions> = {
  name: 'famo',
  family: 'learned',
  summary: 'Lets all losses fall at an equal rate, by task logits that learn from the effect of each step.',
  citation: 'Liu et al., FAMO: Fast Adaptive Multitask Optimization, NeurIPS 2023, arXiv:2306.03792',
  formula: 'w_k = gamma_k (z_k / D_k) / sum_j z_j / D_j, D = L - b + epsilon, z = softmax(xi)',
  needs: ['losses'],
  options: specs,
  properties: ['symmetric', 'stationary'],
  create: famo,
};
