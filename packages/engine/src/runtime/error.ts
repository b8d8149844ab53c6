/**
 * What went wrong: the ONNX Runtime library is not there; an argument is wrong; the model is; an operator is not
 * implemented; memory ran out; something still runs; something was released; an operator failed; a bug of ours.
 */
export type EngineErrorCode =
  | 'library-missing'
  | 'invalid-argument'
  | 'invalid-model'
  | 'not-implemented'
  | 'out-of-memory'
  | 'busy'
  | 'released'
  | 'runtime'
  | 'internal';

/** A failure of the execution engine: one line that names what was wrong, and a code to branch on. */
export class EngineError extends Error {
  override readonly name = 'EngineError';

  constructor(
    readonly code: EngineErrorCode,
    message: string,
  ) {
    super(code === 'internal' ? `internal: ${message}` : message);
  }
}
