import fc from 'fast-check';
import type { Evidence } from '../evidence.js';
import { dot } from '../linalg/vectors.js';
import type { Matrix } from '../matrix.js';
import type { Method, Weighing } from '../method.js';
import { Random, seeded } from '../random.js';

/** `independent`: general gradients in many dimensions. `acute`: all within a cone. `dependent`: more tasks than dimensions. */
export type Kind = 'independent' | 'acute' | 'conflicting' | 'dependent' | 'duplicated' | 'opposed' | 'zero-row';

/** Rows of J of a kind, lengths spread over `decades` powers of ten. */
export function gradients(kind: Kind, size: number, decades: number, seed: number): number[][] {
  const random = new Random(seeded(seed));
  const columns = kind === 'dependent' ? Math.max(1, Math.floor(size / 2)) : size + 4;
  const rows = Array.from({ length: size }, () => Array.from({ length: columns }, () => random.normal()));
  const sum = rows[0]!.map((_, j) => rows.reduce((total, row) => total + row[j]!, 0) / size);
  const cone = Math.sqrt(columns);
  const shaped = rows.map((row, i) => {
    if (kind === 'acute') return row.map((value, j) => value + (j === 0 ? cone : 0));
    if (kind === 'conflicting') return row.map((value, j) => value - 0.9 * sum[j]!);
    if (i === 0 && kind === 'zero-row') return row.map(() => 0);
    if (i === size - 1 && kind === 'duplicated') return [...rows[0]!];
    if (i === size - 1 && kind === 'opposed') return rows[0]!.map((value) => -value);
    return row;
  });
  return shaped.map((row) => {
    const factor = 10 ** (decades * random.uniform());
    return row.map((value) => value * factor);
  });
}

export function gramianFrom(rows: Matrix): number[][] {
  return rows.map((a) => rows.map((b) => dot(a, b)));
}

export function someGradients(kinds: readonly Kind[], decades: readonly number[], sizes = [2, 3, 5, 8, 16]) {
  return fc
    .record({
      kind: fc.constantFrom(...kinds),
      size: fc.constantFrom(...sizes),
      spread: fc.constantFrom(...decades),
      seed: fc.nat(1e9),
    })
    .map((about) => ({ ...about, rows: gradients(about.kind, about.size, about.spread, about.seed) }));
}

/** One step of a method on a Gramian alone, tasks t1 ... tK. */
export function weighGramian(
  method: Method<null, 'gramian'>,
  gramian: Matrix,
  more: Omit<Evidence<'gramian'>, 'gramian'> = {},
): { readonly weights: number[]; readonly reasons: Weighing['reasons'] } {
  const { weights, reasons } = method.update({ gramian, ...more }, method.init(gramian.map((_, k) => `t${k + 1}`)));
  return { weights: Object.values(weights), reasons };
}
