import { softmax } from '../../linalg/softmax.js';
import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { numberOption, resolveOptions, type SpecsOf } from '../../options.js';
import type { Reason } from '../../screen.js';
import { aNumber, aPositive, nullable, perTask, recordOf } from '../../shapes.js';

export interface ExcessMtlOptions {
  /** Step of the weights. Range (0, inf), default 1e-2 as in LibMTL; 1 in TorchJD. */
  eta?: number;
}

const specs = {
  eta: numberOption('(0, inf)', { default: 1e-2, unit: '1', summary: 'step of the weights' }),
} as const satisfies SpecsOf<ExcessMtlOptions>;

/** Per task: the first excess risk, `null` before, and the logarithm of the weight up to a common term. */
type ExcessMemory = readonly { readonly first: number | null; readonly log: number }[];

/**
 * w_k <- w_k exp(eta e_k / e_k(first)), then sum K (He et al. 2024, algorithm 1), where `gradientNorms` shows the estimated
 * excess risks e_k. The first one of a task is its unit and moves nothing. In logarithms: no product can overflow.
 */
export function excessMtl(options: ExcessMtlOptions = {}): Method<ExcessMemory, 'gradientNorms'> {
  const resolved = resolveOptions('excess-mtl', specs, options);
  return defineMethod<ExcessMemory, 'gradientNorms'>({
    name: 'excess-mtl',
    needs: ['gradientNorms'],
    specs,
    options: { ...resolved },
    init: (tasks) => tasks.map(() => ({ first: null, log: 0 })),
    restore: (tasks, memory) => perTask(tasks, memory, recordOf({ first: nullable(aPositive), log: aNumber })),
    weigh({ active, gradientNorms: risks }, memory) {
      if (active.length === 0) return { weights: [], memory };
      const next = [...memory];
      const reasons: Record<string, Reason> = {};
      for (const [k, { index, task }] of active.entries()) {
        const { first, log } = memory[index]!;
        if (first !== null) next[index] = { first, log: log + (resolved.eta * risks[k]!) / first };
        else if (risks[k]! > 0) next[index] = { first: risks[k]!, log };
        else
          reasons[task] = {
            code: 'no-gradient',
            message: `loss "${task}" has had no gradient yet: its weight is kept`,
          };
      }
      const parts = softmax(active.map(({ index }) => next[index]!.log));
      return { weights: parts.map((part) => part * active.length), memory: next, reasons };
    },
  });
}

export const excessMtlRow: MethodRow<ExcessMtlOptions, 'gradientNorms'> = {
  name: 'excess-mtl',
  family: 'gradients',
  summary: 'More weight for losses far from their least value, told by gradients over their own past size.',
  citation: 'He et al., Robust Multi-Task Learning with Excess Risks, ICML 2024, arXiv:2402.02009',
  formula:
    'S_k <- S_k + g_k^2, e_k = sum g_k^2 / sqrt(S_k + 1e-7) over the entries;\nv_k <- v_k exp(eta e_k / e_k(first)), w_k = gamma_k K v_k / sum_j v_j',
  needs: ['gradientNorms'],
  options: specs,
  properties: ['signed', 'symmetric'],
  create: excessMtl,
};
