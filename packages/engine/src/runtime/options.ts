import { availableParallelism } from 'node:os';
import { create } from './calls.js';
import { EngineError } from './error.js';
import { ortApi } from './library.js';
import type { Native } from './native.js';
import { check } from './status.js';

/** GraphOptimizationLevel of the public header. */
const optimizationLevels = { none: 0, basic: 1, extended: 2, all: 99 } as const;

/** How far ONNX Runtime rewrites a graph before it runs it. */
export type GraphOptimization = keyof typeof optimizationLevels;

export interface SessionOptions {
  /** Threads that compute one operator, the calling one included; at least 1. Default: the cores of the machine. */
  threads?: number;
  /** Default: `all`. */
  graphOptimization?: GraphOptimization;
}

/*
 * Threads that wait for the next operator spin before they sleep. By default they spin on for milliseconds after a run,
 * on the cores that the next phase needs. Measured, three sessions of 180 small operators in turn, two threads each on
 * two cores, ms a round:
 *
 *                                          quiet      two busy processes beside it
 *   default                             49..120
 *   no spinning                              17.5     45..87
 *   one thread pool for all sessions         14.1     worse than no spinning
 *   stop at the end of the run               14.1    110..210
 *   the same, at most 100 us at a time       14.0     38..75
 */
const config = [
  ['session.force_spinning_stop', '1'],
  ['session.intra_op.spin_duration_us', '100'],
  // The arena that all sessions share: see environment.ts.
  ['session.use_env_allocators', '1'],
] as const;

/** Native session options, to be released by the caller. */
export function createSessionOptions({ threads, graphOptimization = 'all' }: SessionOptions): Native {
  const count = threads ?? availableParallelism();
  if (!Number.isInteger(count) || count < 1) {
    throw new EngineError('invalid-argument', `"threads" must be an integer of at least 1, got ${count}`);
  }
  const level = optimizationLevels[graphOptimization];
  if (level === undefined) {
    const known = Object.keys(optimizationLevels).join(', ');
    throw new EngineError(
      'invalid-argument',
      `"graphOptimization" must be one of ${known}, got ${JSON.stringify(graphOptimization)}`,
    );
  }
  const api = ortApi();
  const doing = 'set the session options';
  const options = create(doing, (cell) => api.CreateSessionOptions(cell), api.ReleaseSessionOptions);
  try {
    check(api.SetIntraOpNumThreads(options.pointer, count), doing);
    check(api.SetSessionGraphOptimizationLevel(options.pointer, level), doing);
    check(api.DisableMemPattern(options.pointer), doing);
    for (const [key, value] of config) check(api.AddSessionConfigEntry(options.pointer, key, value), doing);
    return options;
  } catch (error) {
    options.release();
    throw error;
  }
}
