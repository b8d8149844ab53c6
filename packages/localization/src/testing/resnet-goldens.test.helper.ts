/** The golden files of the two-head networks: the truth of PyTorch in float64, and how far its float32 is from that. */
import { readFileSync } from 'node:fs';
import { relativeError } from '../../../nn/src/testing/sketch.js';

/** Relative errors of PyTorch's float32, one for each of its code paths, the file's `float32Paths`. */
type Float32Errors = readonly number[];

export interface SketchedTensor {
  /** L2 */
  readonly norm: number;
  readonly sketch: string;
  readonly float32Errors: Float32Errors;
}

interface WholeTensor {
  readonly values: readonly number[];
  readonly float32Errors: Float32Errors;
}

type Outputs = Readonly<Record<'logits' | 'boxes', WholeTensor>>;
type PerLoss<T> = Readonly<Record<'class' | 'box' | 'total', T>>;

interface GoldenTrajectory {
  readonly lr: number;
  readonly steps: number;
  /** The total loss before each step. */
  readonly totals: readonly number[];
  /** [path][step] */
  readonly totalsFloat32Errors: readonly Float32Errors[];
  /** After the last step. */
  readonly parameters: Readonly<Record<string, SketchedTensor>>;
}

/** `tools/README.md` says what the fields hold. */
export interface GoldenNet {
  readonly losses: PerLoss<number>;
  readonly lossesFloat32Errors: PerLoss<Float32Errors>;
  readonly outputs: Outputs;
  readonly evaluation: Outputs;
  readonly gradients: Readonly<Record<string, SketchedTensor>>;
  readonly runningStatistics: Readonly<Record<string, SketchedTensor>>;
  readonly sgd: GoldenTrajectory & { readonly momentum: number; readonly weight_decay: number };
  readonly adam: GoldenTrajectory & { readonly betas: readonly [number, number]; readonly eps: number };
}

export type GoldenName = 'resnet18' | 'resnet50';

/** The network as it is, and its copy without kinks. */
export type Variant = 'kinked' | 'smooth';

export interface Golden extends Readonly<Record<Variant, GoldenNet>> {
  readonly batch: number;
  readonly imageSize: number;
  readonly classes: number;
  readonly weights: Readonly<Record<'class' | 'box', number>>;
  readonly biasChoices: Readonly<Record<string, string>>;
}

export function readGolden(name: GoldenName): Golden {
  return JSON.parse(readFileSync(new URL(`../../goldens/${name}.json`, import.meta.url), 'utf8')) as Golden;
}

/** One tensor of ours against PyTorch. */
export interface Comparison {
  readonly name: string;
  /** ||ours - float64|| / ||float64|| */
  readonly error: number;
  readonly float32Errors: Float32Errors;
}

export function compareWhole(name: string, ours: ArrayLike<number>, golden: WholeTensor): Comparison {
  const { values, float32Errors } = golden;
  if (ours.length !== values.length) throw new Error(`"${name}" has ${values.length} values, got ${ours.length}`);
  const distance = Math.hypot(...values.map((value, i) => ours[i]! - value));
  return { name, error: distance / Math.hypot(...values), float32Errors };
}

/**
 * Several scalars as one tensor of relative errors. The error of a single float32 scalar is luck: PyTorch's own losses are
 * between 0.1 and 5 units in the last place off.
 *
 * @param float32Errors [path][scalar]
 */
export function compareScalars(
  name: string,
  ours: readonly number[],
  values: readonly number[],
  float32Errors: readonly Float32Errors[],
): Comparison {
  const rootMeanSquare = (errors: readonly number[]) => Math.hypot(...errors) / Math.sqrt(errors.length);
  const errors = values.map((value, i) => ours[i]! / value - 1);
  return { name, error: rootMeanSquare(errors), float32Errors: float32Errors.map(rootMeanSquare) };
}

/** Every tensor of the golden once, and none besides. @throws Error naming the keys that differ. */
export function compareSketched(
  name: string,
  ours: ReadonlyMap<string, ArrayLike<number>>,
  golden: Readonly<Record<string, SketchedTensor>>,
): Comparison[] {
  const differing = [
    ...[...ours.keys()].filter((key) => !Object.hasOwn(golden, key)),
    ...Object.keys(golden).filter((key) => !ours.has(key)),
  ];
  if (differing.length > 0) throw new Error(`${name}: only one side has ${differing.join(', ')}`);
  return [...ours].map(([key, values]) => {
    const tensor = golden[key]!;
    return { name: `${name} ${key}`, error: relativeError(values, tensor), float32Errors: tensor.float32Errors };
  });
}

/**
 * Twice PyTorch's own float32 error: the largest of its code paths, which are equally valid, and at least the unit
 * roundoff of float32, which the best of results can have. Nothing is added for the estimate of the error from sketches
 * (9 % of it in one standard deviation).
 */
export function bar({ float32Errors }: Comparison): number {
  return 2 * Math.max(...float32Errors, 2 ** -24);
}

/** Those that are beyond twice PyTorch's own error or an absolute limit, as lines for a message. NaN is beyond any. */
export function misses(comparisons: readonly Comparison[], limit = Number.POSITIVE_INFINITY): string[] {
  return comparisons
    .filter((comparison) => !(comparison.error <= bar(comparison) && comparison.error < limit))
    .map(({ name, error, float32Errors }) => {
      const [own, pytorch] = [error, Math.max(...float32Errors)].map((value) => value.toExponential(2));
      return `${name}: error ${own}, PyTorch float32 ${pytorch}`;
    });
}
