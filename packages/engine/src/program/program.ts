/**
 * A program: a graph compiled into phases that run one after the other, e.g. forward, backward, update.
 *
 * The host acts between the phases (it looks at the losses and chooses their weights), yet what one phase hands to the
 * next never leaves native memory.
 */
import { formatShape, Input, type Tensor, type Variable } from '../graph/tensor.js';
import type { Value } from '../lowering/builder.js';
import { rootOf } from '../lowering/builder.js';
import { lower, trainingRules } from '../lowering/lower.js';
import { encodeModel } from '../onnx/model.js';
import { type Binding, createSession, EngineError, type Session, type TensorData } from '../runtime/index.js';
import { inPlaceTargets } from './in-place.js';
import { type PhaseModel, type Port, partition } from './partition.js';

/** After the phase ran, `variable` holds `value`. */
export interface Update {
  readonly variable: Variable;
  readonly value: Tensor;
}

export interface Phase {
  readonly name: string;
  /** What the host wants to see, by name. */
  readonly outputs?: Readonly<Record<string, Tensor>>;
  /** Tensors to compute here although only a later phase uses them. */
  readonly keep?: readonly Tensor[];
  readonly updates?: readonly Update[];
}

export interface CompileOptions {
  /** Threads per operator; default: all cores. */
  threads?: number | undefined;
}

export type Feeds = Readonly<Record<string, number | Float32Array | Int32Array>>;
export type Results = Readonly<Record<string, Float32Array>>;

/** Compiles phases into a program. Every tensor must be float32 where it leaves the program. */
export async function compile(phases: readonly Phase[], { threads }: CompileOptions = {}): Promise<Program> {
  const wanted = phases.map((phase) => [
    ...Object.values(phase.outputs ?? {}),
    ...(phase.keep ?? []),
    ...(phase.updates ?? []).map((update) => update.value),
  ]);
  for (const { variable, value } of phases.flatMap((phase) => phase.updates ?? [])) {
    if (value.size !== variable.size) {
      const shapes = `${formatShape(variable.shape)}, got ${formatShape(value.shape)}`;
      throw new RangeError(`update of variable "${variable.name}" needs a value of shape ${shapes}`);
    }
  }
  const layouts = lower(wanted.flat(), trainingRules);
  const models = partition(
    phases.map((phase, i) => ({ name: phase.name, targets: wanted[i]!.map((tensor) => layouts.plainOf(tensor)) })),
  );
  const program = new Program(new Memory());
  try {
    for (const [i, phase] of phases.entries()) {
      await program.add(phase, models[i]!, (tensor) => layouts.plainOf(tensor), threads);
    }
    return program;
  } catch (error) {
    program.release();
    throw error;
  }
}

export class Program {
  private readonly phases = new Map<string, CompiledPhase>();
  private readonly unfed = new Set<string>();

  /** @internal Use `compile`. */
  constructor(private readonly memory: Memory) {}

  /** @internal */
  async add(phase: Phase, model: PhaseModel, lowered: (tensor: Tensor) => Value, threads?: number): Promise<void> {
    const copies: CompiledPhase['copies'] = [];
    const overrides = new Map<Value, TensorData>();
    const inPlace = inPlaceTargets(
      model.nodes,
      (phase.updates ?? []).map(({ variable, value }) => ({ variable, root: rootOf(lowered(value)) })),
    );
    for (const { variable, value } of phase.updates ?? []) {
      const root = rootOf(lowered(value));
      if (inPlace.has(variable)) overrides.set(root, variable.data);
      else copies.push({ to: variable.data, from: () => this.memory.of(root) as Float32Array });
    }
    for (const { root } of model.inputs) if (root.leaf instanceof Input) this.unfed.add(root.leaf.name);
    for (const [root, data] of overrides) this.memory.set(root, data);

    const outputs: Record<string, Float32Array> = {};
    const view = ({ root, shape }: Port) => ({ data: this.memory.of(root), shape });
    const session = await createSession(encodeModel(model.model), threads === undefined ? {} : { threads });
    try {
      const binding = session.bind({
        inputs: Object.fromEntries(model.inputs.map((port) => [port.name, view(port)])),
        outputs: Object.fromEntries(model.outputs.map((port) => [port.name, view(port)])),
      });
      for (const [name, tensor] of Object.entries(phase.outputs ?? {})) {
        outputs[name] = this.memory.of(rootOf(lowered(tensor))) as Float32Array;
      }
      const inputs = model.inputs.flatMap(({ root }) => (root.leaf instanceof Input ? [root.leaf] : []));
      this.phases.set(phase.name, { session, binding, outputs, copies, inputs });
    } catch (error) {
      session.release();
      throw error;
    }
  }

  /**
   * Runs one phase. `feeds` gives values to inputs by name (they keep them until fed again); the results are views of the
   * program's own memory, overwritten by the next run.
   */
  async run(name: string, feeds: Feeds = {}): Promise<Results> {
    const phase = this.phases.get(name);
    if (!phase) throw new RangeError(`no phase "${name}"; the phases are ${[...this.phases.keys()].join(', ')}`);
    this.feed(feeds);
    const missing = phase.inputs.find((input) => this.unfed.has(input.name));
    if (missing) throw new RangeError(`phase "${name}" needs input "${missing.name}" ${formatShape(missing.shape)}`);
    await phase.binding.run();
    for (const { to, from } of phase.copies) to.set(from());
    return phase.outputs;
  }

  /** Frees all native memory. The variables keep their values. */
  release(): void {
    for (const { session } of this.phases.values()) session.release();
    this.phases.clear();
  }

  private feed(feeds: Feeds): void {
    for (const [name, value] of Object.entries(feeds)) {
      const input = this.memory.input(name);
      if (!input) throw new RangeError(`unknown input "${name}"`);
      const { leaf, data } = input;
      if (typeof value === 'number') {
        if (leaf.size !== 1) throw new RangeError(`input "${name}" takes ${formatShape(leaf.shape)}, got a number`);
        data[0] = value;
      } else {
        const fits = value.length === leaf.size && value.constructor === data.constructor;
        if (!fits) {
          const got = `${value.constructor.name} of ${value.length}`;
          throw new RangeError(`input "${name}" takes ${leaf.dtype} ${formatShape(leaf.shape)}, got a ${got}`);
        }
        data.set(value);
      }
      this.unfed.delete(name);
    }
  }
}

interface CompiledPhase {
  readonly session: Session;
  readonly binding: Binding;
  readonly outputs: Record<string, Float32Array>;
  readonly copies: { to: Float32Array; from: () => Float32Array }[];
  readonly inputs: readonly Input[];
}

/** Where every value that crosses the border of a model lies. */
class Memory {
  private readonly places = new Map<Value, TensorData>();
  private readonly inputs = new Map<string, { leaf: Input; data: Float32Array | Int32Array }>();

  input(name: string) {
    return this.inputs.get(name);
  }

  set(root: Value, data: TensorData): void {
    this.places.set(root, data);
  }

  of(root: Value): TensorData {
    const known = this.places.get(root);
    if (known) return known;
    const data = this.place(root);
    this.places.set(root, data);
    return data;
  }

  private place(root: Value): TensorData {
    const size = root.shape.reduce((product, dimension) => product * dimension, 1);
    const { leaf } = root;
    if (root.constant) return root.constant;
    if (leaf instanceof Input) {
      if (this.inputs.has(leaf.name)) throw new EngineError('invalid-argument', `two inputs are named "${leaf.name}"`);
      const data = leaf.dtype === 'int32' ? new Int32Array(size) : new Float32Array(size);
      this.inputs.set(leaf.name, { leaf, data });
      return data;
    }
    if (leaf) return leaf.data;
    if (root.dtype === 'float32') return new Float32Array(size);
    if (root.dtype === 'int32') return new Int32Array(size);
    return root.dtype === 'int64' ? new BigInt64Array(size) : new Uint8Array(size);
  }
}
