/** A trained localizer as an ONNX file that any ONNX Runtime runs. */
import { exportOnnx, Input } from '@counterpoise/engine';
import { inference, type TwoHeadResNet } from './model.js';
import { IMAGENET_NORMALIZATION } from './transforms.js';

/**
 * Input `images`: float32 [batch, 3, S, S], RGB of the upright picture stretched to S x S, each channel
 * `(value / 255 - mean) / std` with the mean and std of ImageNet. Outputs: `probabilities` [batch, classes], and `boxes`
 * [batch, 4]: x1, y1, x2, y2 in units of the picture. The metadata say all of this, so that the file explains itself.
 */
export function exportLocalizer(model: TwoHeadResNet, classes: readonly string[], imageSize: number): Uint8Array {
  const wasTraining = model.training;
  model.eval();
  try {
    const build = (batch: number) => {
      const images = new Input('images', [batch, 3, imageSize, imageSize]);
      return { ...inference(model.forward(images)) };
    };
    return exportOnnx(build, {
      metadata: {
        classes: JSON.stringify(classes),
        image_size: String(imageSize),
        mean: JSON.stringify(IMAGENET_NORMALIZATION.mean),
        std: JSON.stringify(IMAGENET_NORMALIZATION.std),
        boxes: 'x1, y1, x2, y2 in units of the picture',
      },
    });
  } finally {
    model.train(wasTraining);
  }
}
