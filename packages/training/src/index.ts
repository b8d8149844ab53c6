export { alignedTable } from './aligned-table.js';
export { removeStaleTemporaries, writeFileAtomic } from './atomic.js';
export {
  BalancedStep,
  type BalancedStepGraph,
  type BalancedStepOptions,
  type BalancedStepResult,
  type BalancedStepSettings,
  compileBalancedStep,
} from './balanced-step.js';
export { type ChartOptions, type ChartSeries, lineChart } from './chart.js';
export { type Checkpoint, loadCheckpoint, saveCheckpoint } from './checkpoint.js';
export type { Comparison, Row as ComparisonRow } from './compare/analysis.js';
export { type CompareObserver, type CompareOptions, compareMethods } from './compare/compare.js';
export { nameOf } from './compare/contenders.js';
export { CompareDisplay, type CompareDisplayOptions } from './compare/display.js';
export { findings } from './compare/findings.js';
export type {
  CompareJob,
  CompareMetric,
  JobModule,
  MethodChoice,
  RunContext,
  RunOutcome,
  RunRequest,
  RunResult,
} from './compare/job.js';
export { parseMethod, parseMethodList } from './compare/method-list.js';
export { createChosenMethod } from './compare/method-of.js';
export { type ComparisonFiles, writeComparison } from './compare/page.js';
export { comparisonText, TABLE_NOTE } from './compare/table.js';
export { type CommandOf, describeDiagnosis } from './diagnose/describe.js';
export { type DiagnoseRemarks, type Diagnosis, diagnose } from './diagnose/diagnose.js';
export type { LossRow } from './diagnose/facts.js';
export type { Gap } from './diagnose/gap.js';
export type { Finding, FindingKind } from './diagnose/judge.js';
export type { Measurement } from './diagnose/measurement.js';
export { type DiagnosisPage, renderDiagnosis } from './diagnose/page.js';
export type { Pair } from './diagnose/pairs.js';
export type { MethodAdvice, Recommendation, TargetStatistics, Targets } from './diagnose/recommend.js';
export type { PerLoss, Scenario } from './diagnose/scenario.js';
export {
  DivergedError,
  firstNonFinite,
  NonFiniteGradientError,
  NonFiniteLossError,
  requireFiniteLosses,
} from './finite.js';
export { formatCell, formatDuration, formatNumber } from './format.js';
export type { GradientStage } from './full-gradient/stage.js';
export { createStepMethod, type StepMethod } from './full-gradient/step-method.js';
export { BOUNDARIES, type Boundary, HEAD_WEIGHTINGS, type HeadWeighting } from './gradients/boundary.js';
export { cosinesOf } from './gradients/cosines.js';
export { type HistogramOptions, histogram } from './histogram.js';
export { type Json, stringifyExactly } from './json.js';
export { makeFolder } from './make-folder.js';
export { MetricsLog, type MetricsLogOptions, type MetricsPosition } from './metrics-log.js';
export { oneLine } from './one-line.js';
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
export { batchesPerStep, gradientNeeds } from './step-plan.js';
export { type WatchOptions, type WatchServer, watchRuns } from './watch/server.js';
