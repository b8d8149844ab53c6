export { removeStaleTemporaries, writeFileAtomic } from './atomic.js';
export {
  BalancedStep,
  type BalancedStepGraph,
  type BalancedStepOptions,
  type BalancedStepResult,
  type BalancedStepSettings,
  compileBalancedStep,
  type StepNeed,
  unmetNeed,
} from './balanced-step.js';
export { type ChartOptions, type ChartSeries, lineChart } from './chart.js';
export { type Checkpoint, loadCheckpoint, saveCheckpoint } from './checkpoint.js';
export { firstNonFinite, NonFiniteLossError, requireFiniteLosses } from './finite.js';
export { formatCell, formatDuration, formatNumber } from './format.js';
export { type HistogramOptions, histogram } from './histogram.js';
export type { Json } from './json.js';
export { MetricsLog, type MetricsLogOptions, type MetricsPosition } from './metrics-log.js';
export { createProgress } from './progress.js';
export type { EpochProgress, Progress, ProgressOptions, StepProgress } from './progress-types.js';
export {
  curvesFrom,
  type EpochValues,
  epochColumns,
  epochRecord,
  type MetricsRecord,
  type RunCurves,
  readMetrics,
  type Series,
  type StepValues,
  stepRecord,
} from './records.js';
export { type ReportData, type ReportPicture, type ReportSection, renderReport } from './report.js';
export type { ReportRun } from './report-charts.js';
export type { ReportMatrix, ReportTable } from './report-table.js';
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
export { type WatchOptions, type WatchServer, watchRuns } from './watch/server.js';
