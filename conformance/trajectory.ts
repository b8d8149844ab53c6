/** What a training leaves behind, and how far two of them are apart. */

export interface Trajectory {
  /** [step][loss], before the update of the step. */
  readonly losses: readonly (readonly number[])[];
  /** [step][loss], those of the balancer. */
  readonly weights: readonly (readonly number[])[];
  /** All parameters after the last step, in the order of the problem. */
  readonly parameters: readonly number[];
}

export interface Distance {
  /** The largest |a - b| / |b| of one loss in one step. */
  readonly losses: number;
  /**
   * The largest |a - b| of the weight of one loss in one step, as a share of the largest weight that this loss ever has: a
   * weight may be zero or change its sign, and one loss may weigh a thousandth of another.
   */
  readonly weights: number;
  /** |a - b| / |b - start| of all parameters as one vector: the distance as a share of the way that was gone. */
  readonly parameters: number;
}

/** How far `a` is from the reference `b`, whose parameters began at `start`. NaN where a number is missing or is none. */
export function distance(a: Trajectory, b: Trajectory, start: readonly number[]): Distance {
  const gone = b.parameters.map((value, i) => value - start[i]!);
  const apart = b.parameters.map((value, i) => a.parameters[i]! - value);
  const largest = b.weights[0]!.map((_, k) => Math.max(...b.weights.map((row) => Math.abs(row[k]!))));
  return {
    losses: worst(a.losses, b.losses, (_, value) => Math.abs(value)),
    weights: worst(a.weights, b.weights, (k) => largest[k]!),
    parameters: Math.hypot(...apart) / Math.hypot(...gone),
  };
}

function worst(
  a: readonly (readonly number[])[],
  b: readonly (readonly number[])[],
  unit: (k: number, value: number) => number,
): number {
  if (a.length !== b.length) return Number.NaN;
  const shares = b.flatMap((row, t) =>
    row.map((value, k) => {
      const difference = Math.abs(a[t]![k]! - value);
      // A loss that never weighs anything must not weigh anything elsewhere: 0 / 0 is agreement.
      return difference === 0 ? 0 : difference / unit(k, value);
    }),
  );
  return Math.max(...shares);
}
