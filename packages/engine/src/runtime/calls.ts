import { ortApi } from './library.js';
import { type Native, own } from './native.js';
import type { Pointer } from './ort-api.js';
import { check } from './status.js';

/** Reads the pointer, count or enumerator that a call writes into a cell; `doing` says what for, in errors. */
export function read(doing: string, fill: (cell: BigUint64Array) => Pointer | null): bigint {
  const cell = newCell();
  check(fill(cell), doing);
  return cell[0]!;
}

/** Creates a native object and owns it. */
export function create(
  doing: string,
  fill: (cell: BigUint64Array) => Pointer | null,
  destroy: (pointer: Pointer) => void,
): Native {
  return own(read(doing, fill), destroy);
}

/** Compiles a model at `address` on a worker thread, and owns the session. */
export async function compile(env: Pointer, options: Pointer, address: Pointer, bytes: number): Promise<Native> {
  const { CreateSessionFromArray, ReleaseSession } = ortApi();
  const cell = newCell();
  const status = await settled<Pointer | null>((done) =>
    CreateSessionFromArray.async(env, address, bytes, options, cell, done),
  );
  check(status, 'compile the model', 'invalid-model');
  return own(cell[0]!, ReleaseSession);
}

/** A native call on a worker thread, as a promise of its result. */
export function settled<R>(call: (done: (error: Error | null, result: R) => void) => void): Promise<R> {
  return new Promise((resolve, reject) => {
    call((error, result) => (error ? reject(error) : resolve(result)));
  });
}

/** V8 moves a small typed array about unless it was made over a buffer. */
function newCell(): BigUint64Array {
  return new BigUint64Array(new ArrayBuffer(8));
}
