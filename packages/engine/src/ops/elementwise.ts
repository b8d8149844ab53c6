import { apply, type DType, Tensor } from '../graph/tensor.js';
import { requireDtype } from './arguments.js';
import { broadcastShapes } from './broadcast.js';
import { asTensor, type Operand, scalar, scalarValue } from './constants.js';

/** Elementwise functions broadcast as in numpy, and numbers stand for scalars. */

export function add(a: Operand, b: Operand): Tensor {
  return folded(a, b, (x, y) => x + y, 0, 'either') ?? arithmetic('add', 'Add', a, b);
}

export function sub(a: Operand, b: Operand): Tensor {
  return folded(a, b, (x, y) => x - y, 0, 'right') ?? arithmetic('sub', 'Sub', a, b);
}

export function mul(a: Operand, b: Operand): Tensor {
  return folded(a, b, (x, y) => x * y, 1, 'either') ?? arithmetic('mul', 'Mul', a, b);
}

export function div(a: Operand, b: Operand): Tensor {
  return folded(a, b, (x, y) => x / y, 1, 'right') ?? arithmetic('div', 'Div', a, b);
}

/** a to the power b. */
export function pow(a: Operand, b: Operand): Tensor {
  return folded(a, b, (x, y) => x ** y, 1, 'right') ?? arithmetic('pow', 'Pow', a, b);
}

/** The smaller value. Where both are equal, each gets half of the gradient, as in PyTorch. */
export function minimum(a: Operand, b: Operand): Tensor {
  return arithmetic('minimum', 'Min', a, b);
}

/** The larger value. Where both are equal, each gets half of the gradient, as in PyTorch. */
export function maximum(a: Operand, b: Operand): Tensor {
  return arithmetic('maximum', 'Max', a, b);
}

/** a > b, as bool. */
export function greater(a: Operand, b: Operand): Tensor {
  return binary('greater', 'Greater', a, b, 'bool');
}

/** a < b, as bool. */
export function less(a: Operand, b: Operand): Tensor {
  return binary('less', 'Less', a, b, 'bool');
}

/** a == b, as bool. */
export function equal(a: Operand, b: Operand): Tensor {
  return binary('equal', 'Equal', a, b, 'bool');
}

/** `a` where the bool tensor `condition` is true, `b` elsewhere. */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  requireDtype('where', 'condition', condition, 'bool');
  const [x, y] = operands('where', a, b);
  const shape = broadcastShapes('where', broadcastShapes('where', condition.shape, x.shape), y.shape);
  return apply('Where', [condition, x, y], shape, {}, x.dtype);
}

function operands(name: string, a: Operand, b: Operand): [Tensor, Tensor] {
  const dtype = a instanceof Tensor ? a.dtype : b instanceof Tensor ? b.dtype : 'float32';
  const x = asTensor(name, a, dtype);
  const y = asTensor(name, b, dtype);
  if (x.dtype !== y.dtype)
    throw new TypeError(`${name}: both operands must have one dtype, got ${x.dtype} and ${y.dtype}`);
  return [x, y];
}

function binary(name: string, kind: string, a: Operand, b: Operand, dtype?: DType): Tensor {
  const [x, y] = operands(name, a, b);
  return apply(kind, [x, y], broadcastShapes(name, x.shape, y.shape), {}, dtype ?? x.dtype);
}

function arithmetic(name: string, kind: string, a: Operand, b: Operand): Tensor {
  for (const operand of [a, b]) {
    if (operand instanceof Tensor && operand.dtype === 'bool') {
      throw new TypeError(`${name}: operands must be numbers, got bool; convert with cast`);
    }
  }
  return binary(name, kind, a, b);
}

/**
 * What needs no operation: two scalar constants, or a neutral element (x + 0, x * 1, ...). Gradients begin at the
 * constant 1, so backward graphs are full of these.
 */
function folded(
  a: Operand,
  b: Operand,
  compute: (x: number, y: number) => number,
  neutral: number,
  side: 'either' | 'right',
): Tensor | undefined {
  const x = typeof a === 'number' ? Math.fround(a) : scalarValue(a);
  const y = typeof b === 'number' ? Math.fround(b) : scalarValue(b);
  if (x !== undefined && y !== undefined) return scalar(compute(x, y));
  if (y === neutral && a instanceof Tensor && isFloat(a)) return a;
  if (x === neutral && side === 'either' && b instanceof Tensor && isFloat(b)) return b;
  return undefined;
}

const isFloat = (x: Tensor) => x.dtype === 'float32';
