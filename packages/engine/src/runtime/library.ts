import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import koffi, { type LibraryHandle } from 'koffi';
import { EngineError } from './error.js';
import { ORT_API_VERSION, type OrtApi, type Pointer, readOrtApi } from './ort-api.js';

/** The shared library inside onnxruntime-node, for each platform and architecture that it ships. */
const libraries: Record<string, string> = {
  'linux-x64': 'libonnxruntime.so.1',
  'linux-arm64': 'libonnxruntime.so.1',
  'darwin-arm64': 'libonnxruntime.1.dylib',
  'win32-x64': 'onnxruntime.dll',
  'win32-arm64': 'onnxruntime.dll',
};

/*
 * koffi runs native code on a stack of its own, for asynchronous calls one of 128 KiB by default. ONNX Runtime's matrix
 * kernels keep panels of 64 KiB and more on the stack and its graph passes recurse: it needs what a main thread has.
 * The memory is reserved, not used, until touched.
 */
const STACK_BYTES = 8 * 1024 * 1024;

/**
 * Path of the ONNX Runtime shared library that the npm package `onnxruntime-node` carries.
 *
 * @throws EngineError `library-missing` when the platform is not supported or the package is not installed.
 */
export function findLibrary(
  platform: string = process.platform,
  architecture: string = process.arch,
  resolve: (name: string) => string = createRequire(import.meta.url).resolve,
): string {
  const key = `${platform}-${architecture}`;
  const file = libraries[key];
  if (file === undefined) {
    const supported = Object.keys(libraries).join(', ');
    throw new EngineError('library-missing', `ONNX Runtime is not available for ${key}; supported: ${supported}`);
  }
  let root: string;
  try {
    root = dirname(resolve('onnxruntime-node/package.json'));
  } catch {
    throw new EngineError('library-missing', '"onnxruntime-node" is not installed; run: npm install onnxruntime-node');
  }
  const path = join(root, 'bin', 'napi-v6', platform, architecture, file);
  if (!existsSync(path)) {
    throw new EngineError('library-missing', `"onnxruntime-node" has no ${file} for ${key}; reinstall it: ${path}`);
  }
  return path;
}

function reserveStack(): void {
  const { sync_stack_size = 0, async_stack_size = 0 } = koffi.config();
  if (Math.min(sync_stack_size, async_stack_size) >= STACK_BYTES) return;
  try {
    koffi.config({ sync_stack_size: STACK_BYTES, async_stack_size: STACK_BYTES });
  } catch {
    throw new EngineError(
      'library-missing',
      `koffi was used before the engine with stacks of ${sync_stack_size} and ${async_stack_size} bytes; ` +
        `call koffi.config({ sync_stack_size: ${STACK_BYTES}, async_stack_size: ${STACK_BYTES} }) before its first use`,
    );
  }
}

/* koffi closes a library whose handle is collected, though functions decoded from its pointers are still in use. */
let library: LibraryHandle | undefined;
let api: OrtApi | undefined;

/** ONNX Runtime's functions; the library is loaded at the first call and stays loaded. */
export function ortApi(): OrtApi {
  if (api) return api;
  const path = findLibrary();
  reserveStack();
  // Microsoft's builds report usage to Microsoft, and leave a file per process in the temporary folder, unless told not to.
  process.env.ORT_DISABLE_TELEMETRY ??= '1';
  library = koffi.load(path);
  const base: Pointer = library.func('OrtGetApiBase', 'void *', [])();
  const getApi = koffi.decode(koffi.decode(base, 'void *'), koffi.proto('void *', ['uint32_t']));
  const address: Pointer | null = getApi(ORT_API_VERSION);
  if (address === null) {
    throw new EngineError('library-missing', `${path} does not offer version ${ORT_API_VERSION} of its C API`);
  }
  api = readOrtApi(address);
  return api;
}
