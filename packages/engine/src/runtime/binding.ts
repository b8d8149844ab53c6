import { create, settled } from './calls.js';
import { checkTensors } from './check-tensors.js';
import { EngineError } from './error.js';
import { ortApi } from './library.js';
import type { Native } from './native.js';
import type { OrtApi, Pointer } from './ort-api.js';
import { check } from './status.js';
import { addressOf, elementTypes, type TensorData, type TensorInfo, type TensorView } from './tensor.js';

/** The memory of every input and output of a session, by name. */
export interface Tensors {
  readonly inputs: Readonly<Record<string, TensorView>>;
  readonly outputs: Readonly<Record<string, TensorView>>;
}

/** A session with memory tied to its inputs and outputs, made by `Session.bind`. It owns native memory: release it. */
export class Binding {
  readonly #session: Pointer;
  readonly #binding: Native;
  readonly #onRelease: () => void;
  /** Native code holds the addresses of these arrays: they must stay reachable until it lets go. */
  #pinned: { name: string; data: TensorData }[] = [];
  #running = false;
  #released = false;

  /** @internal */
  constructor(
    signature: { inputs: readonly TensorInfo[]; outputs: readonly TensorInfo[] },
    session: Pointer,
    cpuMemory: Pointer,
    { inputs, outputs }: Tensors,
    onRelease: () => void,
  ) {
    checkTensors('input', signature.inputs, inputs);
    checkTensors('output', signature.outputs, outputs);
    const api = ortApi();
    this.#session = session;
    this.#onRelease = onRelease;
    this.#binding = create('create a binding', (cell) => api.CreateIoBinding(session, cell), api.ReleaseIoBinding);
    try {
      for (const info of signature.inputs) this.#bind(api.BindInput, info, inputs[info.name]!, cpuMemory);
      for (const info of signature.outputs) this.#bind(api.BindOutput, info, outputs[info.name]!, cpuMemory);
    } catch (error) {
      this.#binding.release();
      throw error;
    }
  }

  /** Whether a run is in progress. */
  get running(): boolean {
    return this.#running;
  }

  /**
   * Runs the model on a worker thread; the outputs are in their memory when the promise resolves.
   *
   * @throws EngineError `busy` when a run of this binding is not finished, `released` after `release`, `out-of-memory`,
   * `runtime` when an operator fails.
   */
  async run(): Promise<void> {
    this.#start();
    try {
      const { RunWithBinding } = ortApi();
      const status = await settled<Pointer | null>((done) =>
        RunWithBinding.async(this.#session, null, this.#binding.pointer, done),
      );
      check(status, 'run the model', 'runtime');
    } finally {
      this.#running = false;
    }
  }

  /** The same on this thread: about 1 us of overhead instead of 10 to 30, but nothing else happens meanwhile. */
  runSync(): void {
    this.#start();
    try {
      check(ortApi().RunWithBinding(this.#session, null, this.#binding.pointer), 'run the model', 'runtime');
    } finally {
      this.#running = false;
    }
  }

  /**
   * Lets go of the memory. Releasing twice does nothing.
   *
   * @throws EngineError `busy` while it runs; nothing is freed then.
   */
  release(): void {
    if (this.#released) return;
    if (this.#running) throw new EngineError('busy', 'release: a run of this binding is not finished: await it');
    this.#released = true;
    this.#binding.release();
    this.#pinned = [];
    this.#onRelease();
  }

  #start(): void {
    if (this.#released) throw new EngineError('released', 'run: the binding was released');
    if (this.#running) throw new EngineError('busy', 'run: a run of this binding is not finished: await it');
    const lost = this.#pinned.find(({ data }) => data.length === 0);
    if (lost) throw new EngineError('released', `run: the memory of "${lost.name}" was transferred away after bind`);
    this.#running = true;
  }

  #bind(
    bind: OrtApi['BindInput' | 'BindOutput'],
    { name, type }: TensorInfo,
    { data, shape }: TensorView,
    cpuMemory: Pointer,
  ): void {
    const { CreateTensorWithDataAsOrtValue, ReleaseValue } = ortApi();
    const doing = `bind "${name}"`;
    const dimensions = BigInt64Array.from(shape, BigInt);
    const { code } = elementTypes[type];
    const address = addressOf(data);
    const rank = dimensions.length;
    const value = create(
      doing,
      (cell) => CreateTensorWithDataAsOrtValue(cpuMemory, address, data.byteLength, dimensions, rank, code, cell),
      ReleaseValue,
    );
    try {
      // The binding shares the tensor; the value is only its handle.
      check(bind(this.#binding.pointer, name, value.pointer), doing);
    } finally {
      value.release();
    }
    if (data.length > 0) this.#pinned.push({ name, data });
  }
}
