import { create } from './calls.js';
import { ortApi } from './library.js';
import type { Native } from './native.js';
import { check } from './status.js';

/*
 * OrtLoggingLevel 4, fatal. Errors come back as statuses and become an EngineError; ONNX Runtime would print them on
 * stderr as well, and warnings (an unused initialiser) are ours to avoid, not the user's to read.
 */
const LOG_FATAL = 4;

/** OrtArenaAllocator and OrtMemTypeDefault: ordinary CPU memory. */
const ARENA_ALLOCATOR = 1;
const MEMORY_DEFAULT = 0;

/** What all sessions of the process share. */
export interface Environment {
  readonly env: Native;
  readonly cpuMemory: Native;
}

let current: (Environment & { users: number }) | undefined;

/** The environment, made for its first user; every user must call `releaseEnvironment` once. */
export function acquireEnvironment(): Environment {
  current ??= { ...createEnvironment(), users: 0 };
  current.users++;
  return current;
}

/** Gives the environment back; the last user's call frees it, and with it the memory that the arena kept. */
export function releaseEnvironment(): void {
  if (!current || --current.users > 0) return;
  current.cpuMemory.release();
  current.env.release();
  current = undefined;
}

/*
 * One arena for all sessions: the phases of a training step run in turn, so the memory that one gave back serves the
 * next. Measured, three sessions of 400 MB of intermediates each, resident memory over the base and time of a round:
 *
 *   an arena each, memory patterns   2516 MB  259 ms
 *   an arena each                    1267 MB  309 ms
 *   no arena                    787..2371 MB  446 ms
 *   an arena each, shrunk after a run 412 MB  892 ms
 *   one arena, memory patterns        851 MB  260 ms (403 in another run)
 *   one arena                         435 MB  256 ms
 *
 * Memory patterns (one planned block after a first run without plan) gained nothing on 3000 tiny operators either, so
 * sessions switch them off. How the arena grows (doubling or as requested) made no difference.
 */
function createEnvironment(): Environment {
  const api = ortApi();
  const env = create(
    'create the environment',
    (cell) => api.CreateEnv(LOG_FATAL, 'counterpoise', cell),
    api.ReleaseEnv,
  );
  let cpuMemory: Native | undefined;
  try {
    if (process.env.ORT_DISABLE_TELEMETRY === '1') {
      check(api.DisableTelemetryEvents(env.pointer), 'switch telemetry off');
    }
    cpuMemory = create(
      'describe CPU memory',
      (cell) => api.CreateCpuMemoryInfo(ARENA_ALLOCATOR, MEMORY_DEFAULT, cell),
      api.ReleaseMemoryInfo,
    );
    check(api.CreateAndRegisterAllocator(env.pointer, cpuMemory.pointer, null), 'create the shared arena');
    return { env, cpuMemory };
  } catch (error) {
    cpuMemory?.release();
    env.release();
    throw error;
  }
}
