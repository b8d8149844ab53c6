import { Binding, type Tensors } from './binding.js';
import { compile } from './calls.js';
import { acquireEnvironment, type Environment, releaseEnvironment } from './environment.js';
import { EngineError } from './error.js';
import type { Native } from './native.js';
import { createSessionOptions, type SessionOptions } from './options.js';
import { readInputs, readOutputs } from './signature.js';
import { addressOf, type TensorInfo } from './tensor.js';

/** A compiled model, made by `createSession`. It owns native memory: call `release` when done with it. */
export class Session {
  /** What the model reads, in its order. */
  readonly inputs: readonly TensorInfo[];
  /** What the model writes, in its order. */
  readonly outputs: readonly TensorInfo[];
  readonly #session: Native;
  readonly #environment: Environment;
  readonly #bindings = new Set<Binding>();
  #released = false;

  /** @internal */
  constructor(session: Native, environment: Environment) {
    this.#session = session;
    this.#environment = environment;
    this.inputs = readInputs(session.pointer);
    this.outputs = readOutputs(session.pointer);
  }

  /**
   * Ties memory to every input and output, once for many runs.
   *
   * Memory may be bound many times, here and in other sessions: what one writes the next reads, without a copy. An
   * output may lie over an input only where the graph reads each element for the last time as it writes it, as an
   * element-wise update does. The arrays must not be transferred or resized while bound.
   *
   * @throws EngineError `invalid-argument` naming the tensor that is missing, unknown, or of another type, shape or
   * length than the model declares; `released` after `release`.
   */
  bind(tensors: Tensors): Binding {
    if (this.#released) throw new EngineError('released', 'bind: the session was released');
    const binding = new Binding(this, this.#session.pointer, this.#environment.cpuMemory.pointer, tensors, () =>
      this.#bindings.delete(binding),
    );
    this.#bindings.add(binding);
    return binding;
  }

  /**
   * Frees the model and its bindings. Releasing twice does nothing.
   *
   * @throws EngineError `busy` while one of its bindings runs; nothing is freed then.
   */
  release(): void {
    if (this.#released) return;
    for (const binding of this.#bindings) {
      if (binding.running) throw new EngineError('busy', 'release: a run of this session is not finished: await it');
    }
    this.#released = true;
    for (const binding of this.#bindings) binding.release();
    this.#session.release();
    releaseEnvironment();
  }
}

/** Models being compiled: native code reads their bytes, so they must stay reachable. */
const compiling = new Set<{ model: Uint8Array }>();

/**
 * Compiles a serialised ONNX model on a worker thread; the event loop stays free. The bytes must not change meanwhile
 * and are not needed afterwards.
 *
 * @throws EngineError `invalid-argument` for an impossible option, `invalid-model` when the bytes are no model or its
 * graph is not valid, `not-implemented` for an operator without a kernel for its types, `library-missing` without ONNX Runtime.
 */
export async function createSession(model: Uint8Array, options: SessionOptions = {}): Promise<Session> {
  if (!(model instanceof Uint8Array) || model.byteLength === 0) {
    throw new EngineError('invalid-model', '"model" must be a Uint8Array with the bytes of an ONNX model, got none');
  }
  const sessionOptions = createSessionOptions(options);
  let environment: Environment | undefined;
  let session: Native | undefined;
  const held = { model };
  compiling.add(held);
  try {
    environment = acquireEnvironment();
    session = await compile(environment.env.pointer, sessionOptions.pointer, addressOf(model), model.byteLength);
    return new Session(session, environment);
  } catch (error) {
    session?.release();
    if (environment) releaseEnvironment();
    throw error;
  } finally {
    compiling.delete(held);
    sessionOptions.release();
  }
}
