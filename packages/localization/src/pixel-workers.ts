/**
 * Threads that augment and normalise pictures. What they compute is what `MAIN_THREAD` computes, bit for bit: every random
 * choice is made before, so how many there are and who does what changes nothing.
 *
 * They do not decode: sharp already does that on libuv's threads, and sharp in a worker uses the same ones
 * (two workers decoded 0.6 to 1.0 times as many pictures per second).
 */
import { Worker } from 'node:worker_threads';
import { checkInteger } from './dataset.js';
import type { ImageWriter, WriteJob } from './image-writer.js';

export interface Order {
  readonly id: number;
  readonly job: WriteJob;
}

export interface Answer {
  readonly id: number;
  /** The message, if the job failed. */
  readonly error?: string;
}

interface Pending {
  resolve(): void;
  reject(error: Error): void;
}

interface Thread {
  readonly worker: Worker;
  readonly pending: Map<number, Pending>;
  /** Why it does nothing any more. */
  gone: Error | undefined;
}

// The compiled file, also when this one runs from its source: Node.js 20 cannot start TypeScript.
const FILE = new URL('../dist/pixel-worker.js', import.meta.url);

export class PixelWorkers implements ImageWriter {
  /** One job in work and one waiting for each thread, so that none waits for this one. */
  readonly parallel: number;
  readonly #threads: readonly Thread[];
  #lastId = 0;

  /** Starts the threads. Call `close` when done. @param count 1 to 64. */
  constructor(count: number) {
    checkInteger('workers', count, 1, 64);
    this.parallel = 2 * count;
    this.#threads = Array.from({ length: count }, start);
  }

  newArray(length: number): Float32Array {
    return new Float32Array(new SharedArrayBuffer(length * Float32Array.BYTES_PER_ELEMENT));
  }

  /** @param job its `out` must be of `newArray`. @throws Error with the worker's message, or one that says that it ended. */
  write(job: WriteJob): Promise<void> {
    const id = ++this.#lastId;
    const thread = this.#threads.reduce((least, other) => (other.pending.size < least.pending.size ? other : least));
    return new Promise((resolve, reject) => {
      if (thread.gone) return reject(thread.gone);
      thread.pending.set(id, { resolve, reject });
      thread.worker.ref();
      thread.worker.postMessage({ id, job } satisfies Order);
    });
  }

  /** Ends the threads; jobs that are not done fail. */
  async close(): Promise<void> {
    for (const thread of this.#threads) end(thread, 'it was closed');
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }
}

function start(): Thread {
  const worker = new Worker(FILE);
  const thread: Thread = { worker, pending: new Map(), gone: undefined };
  worker.on('message', ({ id, error }: Answer) => {
    const job = thread.pending.get(id);
    thread.pending.delete(id);
    if (error === undefined) job?.resolve();
    else job?.reject(new Error(error));
    // An idle worker must not keep the process alive.
    if (thread.pending.size === 0) worker.unref();
  });
  worker.on('error', (error) => end(thread, error.message));
  worker.on('exit', (code) => end(thread, `exit code ${code}`));
  worker.unref();
  return thread;
}

function end(thread: Thread, reason: string): void {
  thread.gone ??= new Error(`a picture worker ended: ${reason}`);
  for (const { reject } of thread.pending.values()) reject(thread.gone);
  thread.pending.clear();
}
