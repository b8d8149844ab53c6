export { removeStaleTemporaries, writeFileAtomic } from './atomic.js';
export { type Checkpoint, loadCheckpoint, saveCheckpoint } from './checkpoint.js';
export type { Json } from './json.js';
export { MetricsLog, type MetricsLogOptions, type MetricsPosition, type MetricsRecord } from './metrics-log.js';
export {
  curvesFrom,
  type EpochValues,
  epochColumns,
  epochRecord,
  type RunCurves,
  readMetrics,
  type Series,
  type StepValues,
  stepRecord,
} from './records.js';
export {
  cleanRun,
  configFingerprint,
  createRun,
  describeEnvironment,
  type Environment,
  openRun,
  type RunConfig,
  type RunFolder,
} from './run-folder.js';
