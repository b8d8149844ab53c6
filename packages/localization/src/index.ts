export { AUGMENTATIONS, DEFAULT_AUGMENT, parseAugmentation } from './augment-list.js';
export { type Batch, type BatchOptions, batchCount, batches, epochOrder } from './batches.js';
export {
  BOX_HEADS,
  type BoxCoding,
  type BoxHead,
  type BoxStandardization,
  boxCodingFor,
  PLAIN_CORNERS,
} from './box-head.js';
export { DEFAULT_CACHE_BYTES } from './cache.js';
export { checkConfig, checkOption, completeConfig } from './check-config.js';
export { type LocalizerJobOptions, localizerJob, requireSteps } from './compare-job.js';
export {
  DEFAULT_LEARNING_RATES,
  DEFAULT_WARM_UP,
  LOCALIZER_DEFAULTS,
  type LocalizerConfig,
  OPTIMIZERS,
  type OptimizerName,
  OptionError,
  SCHEDULES,
  type ScheduleName,
} from './config.js';
export {
  type Box,
  isWhole,
  type LocalizationDataset,
  type LocalizationItem,
  type RejectedItem,
  unitBox,
  type WholeItem,
} from './dataset.js';
export { countSteps } from './epoch-steps.js';
export { type Evaluation, Evaluator, type EvaluatorOptions, type Prediction } from './evaluator.js';
export { type ExportLocalizerOptions, exportLocalizer } from './export.js';
export {
  checkSplit,
  type DataFolder,
  type DatasetOptions,
  type LoadOptions,
  loadSplit,
  openDataFolder,
  readDataset,
} from './folder/read-dataset.js';
export { type Fold, parseFold, type SplitOptions } from './folder/splits.js';
export { FORMATS, type FormatName, PARTLY_LABELLED, type PartlyLabelled } from './formats/annotated-set.js';
export { type GeneratedOptions, generatedDataset } from './generated.js';
export { type ImageWriter, MAIN_THREAD, type WriteJob } from './image-writer.js';
export { decodePicture, MAX_PIXELS, type NamedPicture, type RgbPicture, readPicture } from './images.js';
export {
  type ClassCount,
  type Inspection,
  type InspectOptions,
  inspectFolder,
  type Quantiles,
  type SplitSummary,
} from './inspect/inspection.js';
export { renderInspection } from './inspect/inspection-report.js';
export type { NearDuplicate } from './inspect/near-duplicates.js';
export { completeBoxIouLoss, distanceBoxIouLoss, generalizedBoxIouLoss } from './iou-losses.js';
export { checkWeights } from './learner.js';
export { boxFromFrame, type Frame, frameOf, RESIZES, type Resize } from './letterbox.js';
export {
  BOX_LOSSES,
  BOX_UNITS,
  type BoxLoss,
  type BoxUnits,
  FRAME,
  type LossSettings,
  type LossTargets,
  lossesPerImage,
  lossNames,
  trainingLosses,
} from './losses.js';
export { boxTargets, type MeasureOptions, measureLosses } from './measure-losses.js';
export {
  IOU_THRESHOLD,
  iou,
  type LabelledBox,
  type LocalizationMetrics,
  localizationMetrics,
  METRICS,
} from './metrics.js';
export {
  BACKBONES,
  type BackboneName,
  createModel,
  type HeadOutputs,
  type Inference,
  inference,
  TwoHeadResNet,
} from './model.js';
export { type DrawnBox, type DrawOptions, drawBoxes } from './pictures.js';
export { PixelWorkers } from './pixel-workers.js';
export { drawPrediction, type FilePrediction, inPixels, Predictor } from './predict.js';
export { type Best, isBetter } from './progress-state.js';
export { type EvaluationReport, readEnvironment, writeEvaluationReport } from './run-report.js';
export { RunReporter } from './run-reporter.js';
export { asReportPicture, drawSamples, pickSamples } from './samples.js';
export { EXAMPLES, writeExamples } from './serving/examples.js';
export { type PictureSource, pictureSources } from './serving/sources.js';
export { SHAPE_NAMES, type ShapeName } from './shapes.js';
export { trainLocalizer } from './train.js';
export type { TrainingShape, TrainOptions, TrainResult } from './train-options.js';
export { checkRunConfig, openTrained, type TrainedLocalizer } from './trained.js';
export { dataFingerprint, openTrainingData, type TrainingData } from './training-data.js';
export { BATCH_NORM_FREEZES, type BatchNormFreeze, FREEZES, type Freeze, type TransferOptions } from './transfer.js';
export {
  type Augmentation,
  DEFAULT_AUGMENTATION,
  IMAGENET_NORMALIZATION,
  NO_TRANSFORM,
  type Normalization,
  type SampleTransform,
  writeImage,
} from './transforms.js';
