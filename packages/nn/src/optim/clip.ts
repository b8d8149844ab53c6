import { add, div, minimum, mul, sqrt, square, sum, type Tensor } from '@counterpoise/engine';

export interface ClippedGradients {
  /** In the order given; undefined stays undefined. */
  gradients: (Tensor | undefined)[];
  /** The norm before clipping, a scalar. */
  norm: Tensor;
}

/**
 * Scales all gradients by one factor so that their joint L2 norm is at most `maxNorm`, as
 * `torch.nn.utils.clip_grad_norm_`: factor = min(1, maxNorm / (norm + 1e-6)).
 *
 * @param maxNorm positive.
 * @throws RangeError if `maxNorm` is not positive or there is no gradient.
 */
export function clipGradNorm(gradients: readonly (Tensor | undefined)[], maxNorm: number): ClippedGradients {
  if (!(maxNorm > 0)) throw new RangeError(`"maxNorm" must be positive, got ${maxNorm}`);
  const squares = gradients.filter((gradient) => gradient !== undefined).map((g) => sum(square(g)));
  if (squares.length === 0) throw new RangeError('"gradients" must hold at least one gradient, got none');
  const norm = sqrt(addUp(squares));
  const factor = minimum(div(maxNorm, add(norm, 1e-6)), 1);
  return { gradients: gradients.map((gradient) => gradient && mul(gradient, factor)), norm };
}

/** In pairs, then pairs of pairs: as many additions as one after another, and less round-off. */
function addUp(terms: readonly Tensor[]): Tensor {
  let rest = [...terms];
  while (rest.length > 1) {
    const paired: Tensor[] = [];
    for (let i = 0; i < rest.length; i += 2) {
      const [left, right] = [rest[i]!, rest[i + 1]];
      paired.push(right ? add(left, right) : left);
    }
    rest = paired;
  }
  return rest[0]!;
}
