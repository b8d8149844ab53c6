/** What a user asks of a program. */
import { formatShape, type Tensor, type Variable } from '../graph/tensor.js';

/** After the phase ran, `variable` holds `value`. All updates of a phase happen at once: every value is made of old ones. */
export interface Update {
  readonly variable: Variable;
  /** float32, as many values as the variable has. */
  readonly value: Tensor;
}

export interface Phase {
  readonly name: string;
  /**
   * Names of the earlier phases that have run, in the same round, whenever this one runs: what they have computed is not
   * computed again. Default: all earlier phases. Name fewer where phases are alternatives to each other.
   */
  readonly after?: readonly string[];
  /** What the host wants to see, by name. float32. */
  readonly outputs?: Readonly<Record<string, Tensor>>;
  /** Tensors to compute here although only a later phase uses them. */
  readonly keep?: readonly Tensor[];
  readonly updates?: readonly Update[];
}

/** Everything that a phase must have computed when it ends. */
export function targetsOf({ outputs = {}, keep = [], updates = [] }: Phase): Tensor[] {
  return [...Object.values(outputs), ...keep, ...updates.map(({ value }) => value)];
}

/** @throws RangeError or TypeError naming the phase, output or variable that is wrong. */
export function checkPhases(phases: readonly Phase[]): void {
  const names = new Set<string>();
  for (const phase of phases) {
    if (names.has(phase.name)) throw new RangeError(`two phases are named "${phase.name}"`);
    const later = phase.after?.find((name) => !names.has(name));
    if (later !== undefined)
      throw new RangeError(`phase "${phase.name}" comes after "${later}", which no earlier phase is named`);
    names.add(phase.name);
    for (const [name, { dtype }] of Object.entries(phase.outputs ?? {})) {
      if (dtype !== 'float32') {
        throw new TypeError(`output "${name}" of phase "${phase.name}" must be float32, got ${dtype}; use cast`);
      }
    }
    checkUpdates(phase);
  }
}

function checkUpdates({ name, updates = [] }: Phase): void {
  const updated = new Set<Float32Array>();
  for (const { variable, value } of updates) {
    const subject = `update of variable "${variable.name}" in phase "${name}"`;
    if (value.size !== variable.size) {
      const shapes = `${formatShape(variable.shape)}, got ${formatShape(value.shape)}`;
      throw new RangeError(`${subject} needs a value of shape ${shapes}`);
    }
    if (value.dtype !== 'float32') throw new TypeError(`${subject} needs a float32 value, got ${value.dtype}`);
    if (updated.has(variable.data)) throw new RangeError(`${subject}: the variable is updated twice`);
    updated.add(variable.data);
  }
}
