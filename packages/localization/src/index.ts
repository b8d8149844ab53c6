export { type Batch, type BatchOptions, batchCount, batches, epochOrder } from './batches.js';
export { DEFAULT_CACHE_BYTES } from './cache.js';
export { type Box, type LocalizationDataset, type LocalizationItem, type RejectedItem, unitBox } from './dataset.js';
export { type GeneratedOptions, generatedDataset } from './generated.js';
export { decodePicture, MAX_PIXELS, type RgbPicture, readPicture } from './images.js';
export { IOU_THRESHOLD, iou, type LabelledBox, type LocalizationMetrics, localizationMetrics } from './metrics.js';
export { type DrawnBox, type DrawOptions, drawBoxes } from './pictures.js';
export { SHAPE_NAMES, type ShapeName } from './shapes.js';
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
