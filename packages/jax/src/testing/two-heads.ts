/** A small network with two heads and a third loss that reads the input layer alone, drawn from a fixed sequence. */
import { grad, type Array as JaxArray, numpy as np, tree } from '@jax-js/jax';

export type Params = {
  trunk: { w: JaxArray; b: JaxArray }[];
  class: JaxArray;
  box: JaxArray;
  unused: JaxArray;
};
export type Losses = Record<string, JaxArray>;

let state = 1;
/** Uniform on [-1/2, 1/2), by Lehmer's generator. */
export function draw(...shape: number[]): JaxArray {
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647 - 0.5;
  });
  return np.array(values).reshape(shape);
}

const square = (x: JaxArray) => x.ref.mul(x);

export const params: Params = {
  trunk: [
    { w: draw(3, 5), b: draw(5) },
    { w: draw(5, 4), b: draw(4) },
  ],
  class: draw(4, 2),
  box: draw(4, 3),
  unused: draw(2),
};
export const batch: [JaxArray, JaxArray, JaxArray] = [draw(6, 3), draw(6, 2), draw(6, 3)];

export function trunk(p: Params, x: JaxArray, y: JaxArray, z: JaxArray): JaxArray {
  let h = x;
  for (const { w, b } of p.trunk) h = np.tanh(np.dot(h, w.ref).add(b.ref));
  tree.dispose([p, y, z]);
  return h;
}

export function heads(p: Params, h: JaxArray, x: JaxArray, y: JaxArray, z: JaxArray): Losses {
  const losses = {
    class: square(np.dot(h.ref, p.class.ref).sub(y)).mean(),
    box: square(np.dot(h, p.box.ref).sub(z)).sum().mul(100),
  };
  tree.dispose([p, x]);
  return losses;
}

export function losses(p: Params, x: JaxArray, y: JaxArray, z: JaxArray): Losses {
  return heads(tree.ref(p), trunk(p, x.ref, y.ref, z.ref), x, y, z);
}

/** With a loss that only the first layer reaches. */
export function threeLosses(p: Params, x: JaxArray, y: JaxArray, z: JaxArray): Losses {
  return { early: square(np.dot(x.ref, p.trunk[0]!.w.ref)).mean(), ...losses(p, x, y, z) };
}

/** The gradient of one of the losses, by jax-js alone, as one list of numbers per array of the parameters. */
export function gradientOf(f: (p: Params, ...batch: JaxArray[]) => Losses, name: string): number[][] {
  const one = (p: Params, ...batch: JaxArray[]) => {
    const { [name]: loss, ...others } = f(p, ...batch);
    tree.dispose(others);
    return loss!;
  };
  return numbersOf(grad(one)(tree.ref(params), ...tree.ref(batch)));
}

/** Uses them up. */
export function numbersOf(arrays: Params): number[][] {
  return tree.leaves(arrays).map((array) => Array.from((array as JaxArray).dataSync(), Number));
}
