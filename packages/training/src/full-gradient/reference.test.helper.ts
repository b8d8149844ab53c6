/** The methods of whole gradients in plain loops over float64 arrays; their weights come from the method itself. */
import type { Measurements } from 'counterpoise';
import { vaccinate } from 'counterpoise/catalog';
import { drawsFrom } from './grad-drop.js';
import type { Exact } from './small-net.test.helper.js';

type Numbers = readonly number[];

export interface ReferenceStep extends Exact {
  readonly names: readonly string[];
  readonly step: number;
  readonly present: readonly boolean[];
  /** What is remembered from step to step. */
  readonly memory: Map<string, number[]>;
  weigh(evidence: Partial<Measurements>): Numbers;
}

/** The gradient of each parameter for the optimiser. */
export type Reference = (step: ReferenceStep) => number[][];

const zip = (a: Numbers, b: Numbers, f: (x: number, y: number) => number) => a.map((x, i) => f(x, b[i]!));
const sumOf = (rows: readonly Numbers[]) =>
  rows.reduce<number[]>(
    (total, row) => zip(total, row, (x, y) => x + y),
    rows[0]!.map(() => 0),
  );
const dot = (a: Numbers, b: Numbers) => a.reduce((total, x, i) => total + x * b[i]!, 0);

const isShared = ({ gradients }: Pick<Exact, 'gradients'>, p: number) =>
  gradients.filter((ofLoss) => ofLoss[p]).length > 1;
const places = ({ gradients }: Exact) => [...gradients[0]!.keys()];

/** Over the shared parameters, or those given. */
function gramianOf(step: Exact, gradients = step.gradients, at = places(step).filter((p) => isShared(step, p))) {
  const zeros = (p: number) => step.gradients.find((ofLoss) => ofLoss[p])![p]!.map(() => 0);
  const flat = gradients.map((ofLoss) => at.flatMap((p) => ofLoss[p] ?? zeros(p)));
  return flat.map((a) => flat.map((b) => dot(a, b)));
}

const normsOf = (step: Exact, gradients = step.gradients) =>
  gramianOf(step, gradients).map((row, k) => Math.sqrt(row[k]!));

/** sum_k w_k h_k at every parameter, or what `shared` makes of the terms where it is given. */
function combined(
  step: Pick<Exact, 'gradients'>,
  weights: Numbers,
  shared?: (terms: readonly (Numbers | undefined)[]) => number[],
): number[][] {
  return step.gradients[0]!.map((_, p) => {
    const terms = step.gradients.map((ofLoss, k) => ofLoss[p]?.map((g) => weights[k]! * g));
    return shared && isShared(step, p) ? shared(terms) : sumOf(terms.filter((term) => term !== undefined));
  });
}

function tracked(step: ReferenceStep, key: string, rate: number, scales: Numbers) {
  return step.gradients.map((ofLoss, k) =>
    ofLoss.map((gradient, p) => {
      if (!gradient || !isShared(step, p)) return gradient;
      const name = `${key}/${k}/${p}`;
      const before = step.memory.get(name) ?? gradient.map(() => 0);
      const after = step.present[k] ? zip(before, gradient, (y, g) => (1 - rate) * y + rate * scales[k]! * g) : before;
      step.memory.set(name, [...after]);
      return after;
    }),
  );
}

/** Shared parameters with w_k / s_k times the tracked gradients, heads with w_k times the raw ones. */
function combineTracked(
  step: ReferenceStep,
  values: Exact['gradients'],
  weights: Numbers,
  scales: Numbers,
): number[][] {
  const mixed = values.map((ofLoss, k) =>
    ofLoss.map((value, p) => (isShared(step, p) ? value?.map((y) => y / scales[k]!) : value)),
  );
  return combined({ gradients: mixed }, weights);
}

const byName = (names: readonly string[], values: Numbers) =>
  Object.fromEntries(names.map((name, k) => [name, values[k]!]));

export const references: Readonly<Record<string, Reference>> = {
  'grad-drop'(step) {
    const weights = step.weigh({});
    const draw = drawsFrom(7)(step.step);
    const leaks = [0, 0.25, 0];
    return combined(step, weights, (terms) =>
      terms
        .find((term) => term)!
        .map((_value, i) => {
          const column = terms.map((term) => term?.[i] ?? 0);
          const size = column.reduce((total, x) => total + Math.abs(x), 0);
          const p = size > 0 ? (1 + column.reduce((a, b) => a + b) / size) / 2 : 0.5;
          const u = draw();
          return column.reduce((total, x, k) => {
            const kept = (p > u && x > 0) || (p < u && x < 0);
            return total + (kept ? x : leaks[k]! * x);
          }, 0);
        }),
    );
  },
  'trimmed-mean'(step) {
    const weights = step.weigh({});
    const count = step.present.filter(Boolean).length;
    const cut = Math.min(1, Math.floor((count - 1) / 2));
    return combined(step, weights, (terms) =>
      terms
        .find((term) => term)!
        .map((_value, i) => {
          const column = terms.flatMap((term, k) => (step.present[k] ? [term?.[i] ?? 0] : []));
          const rest = column.sort((a, b) => a - b).slice(cut, count - cut);
          return (rest.reduce((a, b) => a + b, 0) * count) / rest.length;
        }),
    );
  },
  moco(step) {
    const norms = normsOf(step);
    const scales = step.losses.map((loss, k) => loss / (norms[k]! + 1e-8));
    const values = tracked(step, 'y', 0.5 / Math.sqrt(step.step), scales);
    const weights = step.weigh({ gradientNorms: byName(step.names, norms), gramian: gramianOf(step, values) });
    return combineTracked(step, values, weights, scales);
  },
  'db-mtl'(step) {
    const scales = step.losses.map((loss) => 1 / (loss + 1e-8));
    const values = tracked(step, 'y', 0.2, scales);
    const weights = step.weigh({ gradientNorms: byName(step.names, normsOf(step, values)) });
    return combineTracked(step, values, weights, scales);
  },
  'excess-mtl'(step) {
    const risks = step.gradients.map((ofLoss, k) =>
      ofLoss.reduce((total, gradient, p) => {
        if (!gradient || !isShared(step, p)) return total;
        const name = `s/${k}/${p}`;
        const before = step.memory.get(name) ?? gradient.map(() => 0);
        const after = zip(before, gradient, (s, g) => s + (step.present[k] ? g * g : 0));
        step.memory.set(name, after);
        return total + gradient.reduce((sum, g, i) => sum + (g * g) / Math.sqrt(after[i]! + 1e-7), 0);
      }, 0),
    );
    return combined(step, step.weigh({ gradientNorms: byName(step.names, risks) }));
  },
  'm-config'(step) {
    const [beta1, beta2, count] = [0.9, 0.999, step.names.length];
    const order = step.names.map((_, i) => (step.step - 1 + i) % count);
    const turn = order.find((k) => step.present[k])!;
    const counts = step.memory.get('counts') ?? new Array<number>(count + 1).fill(0);
    counts[turn]! += 1;
    if (counts.slice(0, count).every((turns) => turns > 0)) counts[count]! += 1;
    step.memory.set('counts', counts);
    const means = step.gradients.map((ofLoss, k) =>
      ofLoss.map((gradient, p) => {
        if (!gradient) return undefined;
        const before = step.memory.get(`m/${k}/${p}`) ?? gradient.map(() => 0);
        const after = k === turn ? zip(before, gradient, (m, g) => beta1 * m + (1 - beta1) * g) : before;
        step.memory.set(`m/${k}/${p}`, [...after]);
        return counts[k]! > 0 ? after.map((m) => m / (1 - beta1 ** counts[k]!)) : after;
      }),
    );
    const weights = step.weigh({ gramian: gramianOf(step, means) });
    const t = counts[count]!;
    return combined({ gradients: means }, weights).map((c, p) => {
      if (t === 0) return c.map(() => 0);
      const mean = c.map((x) => x * (1 - beta1 ** t));
      const before = step.memory.get(`M/${p}`) ?? c.map(() => 0);
      const pseudo = zip(mean, before, (m, b) => (m - beta1 * b) / (1 - beta1));
      const squares = zip(
        step.memory.get(`s/${p}`) ?? c.map(() => 0),
        pseudo,
        (s, g) => beta2 * s + (1 - beta2) * g * g,
      );
      step.memory.set(`M/${p}`, mean).set(`s/${p}`, squares);
      return zip(c, squares, (x, s) => x / (Math.sqrt(s / (1 - beta2 ** t)) + 1e-8));
    });
  },
  gradvac(step) {
    const weights = step.weigh({});
    const active = [...step.names.keys()].filter((k) => step.present[k]);
    // Weight and bias of each layer lie side by side.
    const factors = new Map<number, number[]>();
    for (const p of places(step).filter((at) => at % 2 === 0 && isShared(step, at))) {
      const gramian = gramianOf(step, step.gradients, [p, p + 1]);
      const targets = step.memory.get(`t/${p}`) ?? new Array<number>(9).fill(0);
      const visits = active.map(() => [...active.keys()]);
      const of = (pick: (i: number, j: number) => number) => active.map((i) => active.map((j) => pick(i, j)));
      const treated = vaccinate(
        of((i, j) => gramian[i]![j]!),
        visits,
        of((i, j) => targets[3 * i + j]!),
        { beta: 0.5, epsilon: 0 },
      );
      const ofLosses = step.names.map((_, k) => (active.includes(k) ? treated.weights[active.indexOf(k)]! : 1));
      factors.set(p, ofLosses).set(p + 1, ofLosses);
      for (const [a, i] of active.entries())
        for (const [b, j] of active.entries()) targets[3 * i + j] = treated.targets[a]![b]!;
      step.memory.set(`t/${p}`, targets);
    }
    const treatedGradients = step.gradients.map((ofLoss, k) =>
      ofLoss.map((gradient, p) => gradient?.map((g) => (factors.get(p)?.[k] ?? 1) * g)),
    );
    return combined({ gradients: treatedGradients }, weights);
  },
};
