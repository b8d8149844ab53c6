import { CounterpoiseError } from '../errors.js';
import type { Need } from '../evidence.js';
import { type Json, sameJson } from '../json.js';
import type { Matrix } from '../matrix.js';
import type { Method, Step } from '../method.js';
import { renormalise } from '../renormalise.js';
import type { Magnitude, Reason } from '../screen.js';
import { aNumber, listOf, nullable, recordOf } from '../shapes.js';
import { type WrapperMemory, wrap } from './wrap.js';

type Scales<B extends Json> = {
  readonly by: B;
  /** Per task: its factor in the step before; `null` before the first. */
  readonly scales: readonly (number | null)[];
};

/**
 * Rescales the losses before the method sees them. `by` is a method that needs losses alone, such as `ema()`; its weight
 * s_k is a factor on loss k, and so on its gradient: norms become s_k |g_k|, the Gramian S G S, and the weight of the raw
 * loss is s_k times that of the method. A loss without a scale yet has s_k = 1 / K. `lossesAfter` (or the losses in their
 * place) belong to the batch before and take its factors.
 */
export function normalizeFirst<M extends Json, N extends Need, B extends Json, L extends Need>(
  method: Method<M, N>,
  by: Method<B, L>,
): Method<WrapperMemory<M, Scales<B>>, N | L> {
  const magnitude = sharedMagnitude(method, by);
  return wrap<M, N, Scales<B>, L>(method, {
    name: `normalize-first(${by.name})`,
    specs: {},
    options: { by: by.options },
    needs: by.needs as readonly L[],
    ...(magnitude && { magnitude }),
    init: (tasks) => ({ by: by.init(tasks).memory, scales: tasks.map(() => null) }),
    shape: (tasks) =>
      recordOf<Scales<B>>({
        by: (value) => by.restore(tasks, value).memory,
        scales: listOf(tasks.length, nullable(aNumber)),
      }),
    weigh(step, { method: inside, own }, ask) {
      const { active, present } = step;
      const scaling = by.rule.weigh(step, own.by);
      const s = renormalise(
        by.rule.renormalise ?? 'none',
        active,
        scaling.weights.map((weight) => weight ?? 1 / present),
      );
      const before = active.map(({ index }, i) => own.scales[index] ?? s[i]!);
      const asked = ask(rescaled(step, s, before, method.rule.magnitude !== undefined), inside);
      const scales = [...own.scales];
      active.forEach(({ index }, i) => {
        scales[index] = s[i]! + 0;
      });
      const reasons: Record<string, Reason> = { ...scaling.reasons, ...asked.reasons };
      active.forEach(({ task }, i) => {
        if (scaling.weights[i] !== null && asked.weights[i] !== null) return;
        const message = `loss "${task}" has shown no positive size on record yet: 1 / ${present} takes its place`;
        reasons[task] = { code: 'no-scale', message };
      });
      return {
        weights: asked.weights.map((weight, i) => (weight ?? 1 / present) * s[i]!),
        memory: { method: asked.memory, own: { by: scaling.memory, scales } },
        reasons,
      };
    },
  });
}

type Sized = { readonly name: string; readonly rule: { readonly magnitude?: Magnitude } };

/** Both methods read one size of each loss: two that read it differently cannot be composed. */
function sharedMagnitude({ name, rule: { magnitude: a } }: Sized, by: Sized): Magnitude | undefined {
  const b = by.rule.magnitude;
  if (!a || !b) return a ?? b;
  const read = ({ absolute = false, lowerBound = 0, fixed = null }: Magnitude) => ({ absolute, lowerBound, fixed });
  if (!sameJson(read(a), read(b))) {
    throw new CounterpoiseError(
      'option',
      `"absolute", "lowerBound" and "fixed" of ${name} and ${by.name} must agree: normalize-first reads one size per loss`,
    );
  }
  return b;
}

function rescaled(step: Step, s: readonly number[], before: readonly number[], sized: boolean): Step {
  const { active } = step;
  const finite = (value: number, i: number) => {
    if (Number.isFinite(value)) return value;
    const message = `normalize-first: a measurement of loss "${active[i]!.task}" overflows when multiplied by ${s[i]}`;
    throw new CounterpoiseError('evidence', message);
  };
  const vector = (values: readonly number[]) => values.map((value, i) => finite(value * s[i]!, i));
  const matrix = (rows: Matrix) => rows.map((row, i) => row.map((value, j) => finite(value * s[i]! * s[j]!, i)));
  return {
    ...step,
    active: active.map((task, i) => {
      const loss = finite(task.loss * s[i]!, i);
      return { ...task, loss, magnitude: sized ? finite(task.magnitude * s[i]!, i) : loss };
    }),
    gradientNorms: vector(step.gradientNorms),
    gradientMax: vector(step.gradientMax),
    gradientMean: vector(step.gradientMean),
    gramian: matrix(step.gramian),
    crossGramian: matrix(step.crossGramian),
    lossesAfter: active.map(({ loss }, i) => finite((step.lossesAfter[i] ?? loss) * before[i]!, i)),
  };
}
