import { EngineError, type EngineErrorCode } from './error.js';
import { ortApi } from './library.js';
import { own } from './native.js';
import type { Pointer } from './ort-api.js';

/** OrtErrorCode ORT_NOT_IMPLEMENTED of the public header. */
const NOT_IMPLEMENTED = 9;

/**
 * Throws what a failed status says and frees it. `doing` is what was attempted ("run the model"); `blame` is the code
 * when ONNX Runtime's own does not say more: by default a failure is a bug of ours.
 */
export function check(status: Pointer | null, doing: string, blame: EngineErrorCode = 'internal'): void {
  if (status === null) return;
  const api = ortApi();
  const owned = own(status, api.ReleaseStatus);
  const notImplemented = api.GetErrorCode(status) === NOT_IMPLEMENTED;
  const message = api.GetErrorMessage(status);
  owned.release();
  const outOfMemory = /bad_alloc|bad allocation|failed to allocate memory|storage size overflowed/i.test(message);
  const code = outOfMemory ? 'out-of-memory' : notImplemented ? 'not-implemented' : blame;
  throw new EngineError(code, `cannot ${doing}: ${plain(message)}`);
}

/** One line for a reader of ours: the operator and the reason, without ONNX Runtime's source lines and signatures. */
export function plain(message: string): string {
  return message
    .replace(/\s+/g, ' ')
    .replace(/Non-zero status code returned while running (\S+) node\. Name:'([^']*)' Status Message: /, '$1 "$2": ')
    .replace(/\S+\.(?:cc|h|cpp|hpp):\d+ [^()]*\([^()]*\)(?: const)?(?: \[with [^\]]*\])? ?/g, '')
    .replace(/\[ONNXRuntimeError\] : \d+ : [A-Z_]+ : /g, '')
    .trim();
}
