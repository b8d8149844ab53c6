/** A trained localizer as an ONNX file that any ONNX Runtime runs. */
import { describeOnnx, encodeModel, Input, type OnnxModel } from '@counterpoise/engine';
import { FILL, type Resize } from './letterbox.js';
import { inference, type TwoHeadResNet } from './model.js';
import { NETWORK, withProcessing } from './serving/processing.js';
import { IMAGENET_NORMALIZATION } from './transforms.js';
import { VERSION } from './version.js';

export interface ExportLocalizerOptions {
  /** Resizing, scaling and boxes in pixels inside the model. Default false. */
  readonly processing?: boolean;
  /** How the network has seen pictures become squares. Default stretch. */
  readonly resize?: Resize;
}

const SHAPED: Readonly<Record<Resize, string>> = {
  stretch: 'stretched to',
  letterbox: `between bars of colour ${FILL.join(' ')} in`,
};

const UNITS: Readonly<Record<Resize, string>> = {
  stretch: 'units of the picture',
  letterbox: 'units of the picture with its bars',
};

/**
 * Input `images`: float32 [batch, 3, S, S], RGB of the upright picture stretched (or letterboxed) to S x S, each channel
 * `(value / 255 - mean) / std` with the mean and std of ImageNet. Outputs: `probabilities` [batch, classes], and `boxes`
 * [batch, 4]: x1, y1, x2, y2 in units of these S x S. With `processing`, input and outputs are those of `withProcessing`.
 * The metadata say all of this, so that the file explains itself.
 */
export function exportLocalizer(
  model: TwoHeadResNet,
  classes: readonly string[],
  imageSize: number,
  { processing = false, resize = 'stretch' }: ExportLocalizerOptions = {},
): Uint8Array {
  const network = describeNetwork(model, imageSize, processing ? NETWORK : { input: 'images', boxes: 'boxes' });
  const { mean, std } = IMAGENET_NORMALIZATION;
  return encodeModel({
    ...(processing ? withProcessing(network, { imageSize, resize, normalization: IMAGENET_NORMALIZATION }) : network),
    metadata: {
      task: 'localize',
      version: VERSION,
      classes: JSON.stringify(classes),
      image_size: String(imageSize),
      resize,
      mean: JSON.stringify(mean),
      std: JSON.stringify(std),
      images: processing
        ? 'uint8 [batch, height, width, 3], upright RGB of any size'
        : `float32 [batch, 3, ${imageSize}, ${imageSize}], upright RGB ${SHAPED[resize]} this size, (value / 255 - mean) / std`,
      boxes: `x1, y1, x2, y2 in ${processing ? 'pixels of the given picture' : UNITS[resize]}`,
    },
  });
}

function describeNetwork(model: TwoHeadResNet, imageSize: number, names: { input: string; boxes: string }): OnnxModel {
  const wasTraining = model.training;
  model.eval();
  try {
    return describeOnnx((batch) => {
      const images = new Input(names.input, [batch, 3, imageSize, imageSize]);
      const { probabilities, boxes } = inference(model.forward(images));
      return { probabilities, [names.boxes]: boxes };
    });
  } finally {
    model.train(wasTraining);
  }
}
