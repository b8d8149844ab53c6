import { Input, type Tensor } from '../graph/tensor.js';
import { rootOf, type Value } from '../lowering/builder.js';
import { lower, trainingRules } from '../lowering/lower.js';
import { encodeModel } from '../onnx/model.js';
import { createSession, type Session } from '../runtime/index.js';
import { inPlaceTargets } from './in-place.js';
import { Memory } from './memory.js';
import { type PhaseModel, type Port, partition } from './partition.js';
import { checkPhases, type Phase, targetsOf } from './phase.js';
import { type CompiledPhase, type Copy, Program } from './program.js';

export interface CompileOptions {
  /** Threads per operator, 1 or more. Default: all cores. */
  threads?: number | undefined;
  /**
   * Runs the phases on this thread instead of a worker thread, so that a run of a small graph does not wait for two threads to
   * take turns, which costs 25 us and more. The event loop stands still meanwhile. Default: false.
   */
  blocking?: boolean | undefined;
}

/**
 * Compiles phases into a program.
 *
 * A phase computes what its outputs, kept tensors and updates need and no earlier phase has computed. A later phase
 * works on what the last run of the earlier ones left.
 *
 * @throws RangeError or TypeError naming the phase, output, variable or input that is wrong; EngineError
 * `invalid-argument` for two inputs of one name or impossible threads, and what `createSession` throws.
 */
export async function compile(
  phases: readonly Phase[],
  { threads, blocking = false }: CompileOptions = {},
): Promise<Program> {
  checkPhases(phases);
  const layouts = lower(phases.flatMap(targetsOf), trainingRules);
  const rootFor = (tensor: Tensor) => rootOf(layouts.plainOf(tensor));
  const models = partition(
    phases.map((phase) => ({
      name: phase.name,
      targets: targetsOf(phase).map(rootFor),
      ...(phase.after && { predecessors: phase.after.map((name) => phases.findIndex((one) => one.name === name)) }),
    })),
  );
  const memory = new Memory();
  const compiled = new Map<string, CompiledPhase>();
  try {
    for (const [i, phase] of phases.entries()) {
      compiled.set(phase.name, await compilePhase(phase, models[i]!, rootFor, memory, threads));
    }
  } catch (error) {
    for (const { session } of compiled.values()) session?.release();
    throw error;
  }
  return new Program(compiled, memory.inputs, blocking);
}

async function compilePhase(
  phase: Phase,
  model: PhaseModel,
  rootFor: (tensor: Tensor) => Value,
  memory: Memory,
  threads: number | undefined,
): Promise<CompiledPhase> {
  const updates = (phase.updates ?? []).map(({ variable, value }) => ({ variable, root: rootFor(value) }));
  const inPlace = inPlaceTargets(model.nodes, updates, model.handedOver);
  for (const { variable, root } of updates) if (inPlace.has(variable)) memory.set(root, variable.data);

  const changing = new Set(updates.map(({ variable }) => variable.data));
  const saves: Copy[] = [];
  /** Where a value lies after the run. The old value of a variable that changes is saved before. */
  const read = (root: Value): Float32Array => {
    const data = memory.of(root) as Float32Array;
    if (!root.leaf || !changing.has(data)) return data;
    const saved = new Float32Array(data.length);
    saves.push({ from: data, to: saved });
    return saved;
  };
  const outputs = Object.fromEntries(
    Object.entries(phase.outputs ?? {}).map(([name, tensor]) => [name, read(rootFor(tensor))]),
  );
  const copies = updates.flatMap(({ variable, root }) =>
    inPlace.has(variable) ? [] : [{ from: read(root), to: variable.data }],
  );
  const roots = [...model.inputs.map(({ root }) => root), ...targetsOf(phase).map(rootFor)];
  const inputs = roots.map(({ leaf }) => leaf).filter((leaf) => leaf instanceof Input);
  return { ...(await createModel(model, memory, threads)), outputs, saves, copies, inputs };
}

/** The native part of a phase: none where the phase only hands out what is there. */
async function createModel(
  { model, inputs, outputs, nodes }: PhaseModel,
  memory: Memory,
  threads: number | undefined,
): Promise<Pick<CompiledPhase, 'session' | 'binding'>> {
  if (nodes.length === 0) return {};
  const views = (ports: readonly Port[]) =>
    Object.fromEntries(ports.map(({ name, root, shape }) => [name, { data: memory.of(root), shape }]));
  const session: Session = await createSession(encodeModel(model), threads === undefined ? {} : { threads });
  try {
    return { session, binding: session.bind({ inputs: views(inputs), outputs: views(outputs) }) };
  } catch (error) {
    session.release();
    throw error;
  }
}
