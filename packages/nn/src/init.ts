/**
 * Initial values of parameters, as `torch.nn.init`. Each function here returns an initialiser: a parameter carries one
 * from its construction, and `initialise(model, random)` runs them all.
 *
 * Fans of a shape [out, in, ...kernel]: fan in = in * kernel size, fan out = out * kernel size.
 */
import { formatShape, type Shape, sizeOf } from '@counterpoise/engine';
import type { Module } from './module.js';
import type { Random } from './random.js';

/** Fills `data`, the row-major values of a parameter of this shape. */
export type Initialiser = (data: Float32Array, shape: Shape, random: Random) => void;

export type Nonlinearity = 'linear' | 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu' | 'selu';

export interface KaimingOptions {
  /** 'fanIn' (default) keeps the variance of the forward pass, 'fanOut' that of the backward pass. */
  mode?: 'fanIn' | 'fanOut';
  /** The function that follows the layer; default 'leakyRelu'. */
  nonlinearity?: Nonlinearity;
  /** The negative slope of 'leakyRelu'; default 0. */
  a?: number;
}

/**
 * Fills every parameter of the model by its own initialiser and returns the model.
 *
 * Each parameter draws from `random.fork(key)` with its state-dict key, so its values depend on the seed and its place in
 * the model only: not on the order of construction, nor on what else the model holds.
 */
export function initialise<M extends Module>(model: M, random: Random): M {
  for (const [key, parameter] of model.namedParameters()) {
    parameter.initialiser(parameter.data, parameter.shape, random.fork(key));
  }
  return model;
}

export function constant(value: number): Initialiser {
  return (data) => data.fill(value);
}

export function zeros(): Initialiser {
  return constant(0);
}

export function ones(): Initialiser {
  return constant(1);
}

/** Uniform on [low, high); defaults 0 and 1. */
export function uniform(low = 0, high = 1): Initialiser {
  return (data, _shape, random) => {
    for (let i = 0; i < data.length; i++) data[i] = low + (high - low) * random.uniform();
  };
}

/** Normal; defaults mean 0 and standard deviation 1. */
export function normal(mean = 0, std = 1): Initialiser {
  return (data, _shape, random) => {
    for (let i = 0; i < data.length; i++) data[i] = mean + std * random.normal();
  };
}

/**
 * Uniform on [-b, b) with b = gain * sqrt(3 / fan) (He et al., "Delving Deep into Rectifiers", 2015, section 2.2).
 * `a = sqrt(5)` is PyTorch's default for convolutions and linear layers: b = 1 / sqrt(fan in).
 */
export function kaimingUniform(options: KaimingOptions = {}): Initialiser {
  return (data, shape, random) => {
    const bound = Math.sqrt(3) * kaimingStd(shape, options);
    uniform(-bound, bound)(data, shape, random);
  };
}

/** Normal with mean 0 and standard deviation gain / sqrt(fan) (He et al. 2015, equations 10 and 14). */
export function kaimingNormal(options: KaimingOptions = {}): Initialiser {
  return (data, shape, random) => normal(0, kaimingStd(shape, options))(data, shape, random);
}

/** Uniform on [-b, b) with b = gain * sqrt(6 / (fan in + fan out)) (Glorot and Bengio 2010, equation 16); gain 1. */
export function xavierUniform(gain = 1): Initialiser {
  return (data, shape, random) => {
    const bound = Math.sqrt(3) * xavierStd(shape, gain);
    uniform(-bound, bound)(data, shape, random);
  };
}

/** Normal with mean 0 and standard deviation gain * sqrt(2 / (fan in + fan out)) (Glorot and Bengio 2010); gain 1. */
export function xavierNormal(gain = 1): Initialiser {
  return (data, shape, random) => normal(0, xavierStd(shape, gain))(data, shape, random);
}

/**
 * (Semi-)orthogonal rows or columns, whichever are fewer, times `gain` (default 1), every orientation equally likely (Saxe et al.
 * 2014), as `torch.nn.init.orthogonal_`. A kernel [out, in, ...kernel] counts as a matrix [out, in * kernel size].
 *
 * Gram and Schmidt's process on normal vectors is the Q of PyTorch's QR decomposition with positive diagonal of R; done twice, it
 * is orthogonal to the last bits ("twice is enough", Giraud et al. 2005).
 *
 * @throws RangeError for a shape of fewer than two dimensions.
 */
export function orthogonal(gain = 1): Initialiser {
  return (data, shape, random) => {
    const { fanIn: columns } = fans(shape);
    const rows = data.length / columns;
    const count = Math.min(rows, columns);
    const basis: Float64Array[] = [];
    while (basis.length < count) {
      const vector = Float64Array.from({ length: Math.max(rows, columns) }, () => random.normal());
      for (const other of [...basis, ...basis]) {
        const share = dot(vector, other);
        for (let i = 0; i < vector.length; i++) vector[i]! -= share * other[i]!;
      }
      const norm = Math.sqrt(dot(vector, vector));
      basis.push(vector.map((value) => value / norm));
    }
    for (let i = 0; i < data.length; i++) {
      const [row, column] = [Math.floor(i / columns), i % columns];
      data[i] = gain * (rows <= columns ? basis[row]![column]! : basis[column]![row]!);
    }
  };
}

/** The factor by which a nonlinearity shrinks the standard deviation, as `torch.nn.init.calculate_gain`. */
export function calculateGain(nonlinearity: Nonlinearity, a = 0): number {
  switch (nonlinearity) {
    case 'linear':
    case 'sigmoid':
      return 1;
    case 'tanh':
      return 5 / 3;
    case 'relu':
      return Math.SQRT2;
    case 'leakyRelu':
      return Math.sqrt(2 / (1 + a * a));
    case 'selu':
      return 3 / 4;
  }
}

/** @throws RangeError for a shape of fewer than two dimensions, which has no fans. */
export function fans(shape: Shape): { fanIn: number; fanOut: number } {
  const [out, input, ...kernel] = shape;
  if (out === undefined || input === undefined) {
    throw new RangeError(`fan in and fan out need a shape of two dimensions or more, got ${formatShape(shape)}`);
  }
  const kernelSize = sizeOf(kernel);
  return { fanIn: input * kernelSize, fanOut: out * kernelSize };
}

function kaimingStd(shape: Shape, { mode = 'fanIn', nonlinearity = 'leakyRelu', a = 0 }: KaimingOptions): number {
  return calculateGain(nonlinearity, a) / Math.sqrt(fans(shape)[mode]);
}

function xavierStd(shape: Shape, gain: number): number {
  const { fanIn, fanOut } = fans(shape);
  return gain * Math.sqrt(2 / (fanIn + fanOut));
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
