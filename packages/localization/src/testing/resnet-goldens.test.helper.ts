/** The golden files of the two-head networks: truth of PyTorch in float64, and how far PyTorch's float32 is from it. */
import { readFileSync } from 'node:fs';
import { relativeError } from '../../../nn/src/testing/sketch.js';

/** Norm-wise relative errors of PyTorch's float32, one for each of the file's `float32Paths`. */
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

export interface GoldenTrajectory {
  readonly lr: number;
  readonly steps: number;
  /** The total loss before each step. */
  readonly totals: readonly number[];
  readonly totalsFloat32Errors: readonly Float32Errors[];
  /** After the last step. */
  readonly parameters: Readonly<Record<string, SketchedTensor>>;
}

/** `tools/README.md` says what the fields hold. */
export interface GoldenNet {
  readonly losses: Readonly<Record<'class' | 'box' | 'total', number>>;
  readonly lossesFloat32Errors: Readonly<Record<'class' | 'box' | 'total', Float32Errors>>;
  readonly outputs: Outputs;
  readonly evaluation: Outputs;
  readonly gradients: Readonly<Record<string, SketchedTensor>>;
  readonly runningStatistics: Readonly<Record<string, SketchedTensor>>;
  readonly sgd: GoldenTrajectory & { readonly momentum: number; readonly weight_decay: number };
  readonly adam: GoldenTrajectory & { readonly betas: readonly [number, number]; readonly eps: number };
}

export type GoldenName = 'resnet18' | 'resnet50';

/** `kinked` is the network as it is, `smooth` its copy without kinks. */
export const VARIANTS = ['kinked', 'smooth'] as const;
export type Variant = (typeof VARIANTS)[number];

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
  /** Whether the error is an estimate from a sketch, rather than exact. */
  readonly estimated: boolean;
  readonly float32Errors: Float32Errors;
}

export function compareSketched(name: string, ours: ArrayLike<number>, golden: SketchedTensor): Comparison {
  const { float32Errors } = golden;
  return { name, error: relativeError(ours, golden), estimated: ours.length > 64, float32Errors };
}

export function compareWhole(name: string, ours: ArrayLike<number>, golden: WholeTensor): Comparison {
  const { values, float32Errors } = golden;
  if (ours.length !== values.length) throw new Error(`"${name}" has ${values.length} values, got ${ours.length}`);
  const distance = Math.hypot(...values.map((value, i) => ours[i]! - value));
  return { name, error: distance / Math.hypot(...values), estimated: false, float32Errors };
}

/** Every tensor of the golden once, and none besides. @throws Error naming the keys that differ. */
export function compareAll(
  name: string,
  ours: ReadonlyMap<string, ArrayLike<number>>,
  golden: Readonly<Record<string, SketchedTensor>>,
): Comparison[] {
  const differing = [
    ...[...ours.keys()].filter((key) => !Object.hasOwn(golden, key)),
    ...Object.keys(golden).filter((key) => !ours.has(key)),
  ];
  if (differing.length > 0) throw new Error(`${name}: only one side has ${differing.join(', ')}`);
  return [...ours].map(([key, values]) => compareSketched(`${name} ${key}`, values, golden[key]!));
}
