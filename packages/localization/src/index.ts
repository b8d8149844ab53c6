export { type Batch, type BatchOptions, batchCount, batches, epochOrder } from './batches.js';
export { DEFAULT_CACHE_BYTES } from './cache.js';
export {
  checkConfig,
  checkOption,
  completeConfig,
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
export { type Box, type LocalizationDataset, type LocalizationItem, type RejectedItem, unitBox } from './dataset.js';
export { type Evaluation, Evaluator, type EvaluatorOptions, type Prediction } from './evaluator.js';
export { exportLocalizer } from './export.js';
export { type GeneratedOptions, generatedDataset } from './generated.js';
export { decodePicture, MAX_PIXELS, type RgbPicture, readPicture } from './images.js';
export { checkWeights } from './learner.js';
export {
  BOX_LOSSES,
  BOX_UNITS,
  type BoxLoss,
  type BoxUnits,
  FRAME,
  LOSSES,
  type LossName,
  type LossSettings,
  lossesPerImage,
  SMOOTH_L1_BETA,
  trainingLosses,
} from './losses.js';
export { IOU_THRESHOLD, iou, type LabelledBox, type LocalizationMetrics, localizationMetrics } from './metrics.js';
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
export { drawPrediction, type FilePrediction, inPixels, Predictor } from './predict.js';
export { type Best, isBetter } from './progress-state.js';
export { asReportPicture, drawSamples, pickSamples, readEnvironment, worst, writeRunReport } from './run-report.js';
export { SHAPE_NAMES, type ShapeName } from './shapes.js';
export { METRICS, type TrainingShape, type TrainOptions, type TrainResult, trainLocalizer } from './train.js';
export { checkRunConfig, openTrained, type TrainedLocalizer } from './trained.js';
export { dataFingerprint, openTrainingData, type TrainingData } from './training-data.js';
export {
  type Augmentation,
  DEFAULT_AUGMENTATION,
  IMAGENET_NORMALIZATION,
  NO_TRANSFORM,
  type Normalization,
  type SampleTransform,
  writeImage,
} from './transforms.js';
export { readVoc, type VocOptions } from './voc.js';
