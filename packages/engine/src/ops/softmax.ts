import { apply, type Tensor } from '../graph/tensor.js';
import { normalizeAxis, requireDtype } from './arguments.js';

/** exp(x) / sum of exp(x) along `axis` (default: the last). */
export function softmax(x: Tensor, axis = -1): Tensor {
  return alongAxis('softmax', 'Softmax', x, axis);
}

/** log of `softmax`, without its loss of precision. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  return alongAxis('logSoftmax', 'LogSoftmax', x, axis);
}

function alongAxis(name: string, kind: string, x: Tensor, axis: number): Tensor {
  requireDtype(name, 'x', x, 'float32');
  return apply(kind, [x], x.shape, { axis: normalizeAxis(name, axis, x.shape.length) });
}
