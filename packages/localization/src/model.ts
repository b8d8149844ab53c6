/** The two-head network: one residual trunk, a class head and a box head. */
import { concat, maximum, minimum, sigmoid, slice, softmax, type Tensor } from '@counterpoise/engine';
import { Linear, Module, type ResNet, resnet18, resnet34, resnet50, resnet101 } from '@counterpoise/nn';

const MAKERS = { resnet18, resnet34, resnet50, resnet101 };

export type BackboneName = keyof typeof MAKERS;

export const BACKBONES = Object.keys(MAKERS) as readonly BackboneName[];

/** Raw results of the two heads for N pictures. */
export interface HeadOutputs {
  /** [N, classes] */
  readonly logits: Tensor;
  /**
   * [N, 4]: x1, y1, x2, y2 in units of the picture, each in [0, 1]. Nothing keeps x1 below x2 while the network learns; the
   * loss compares them as they are, `inference` puts them in order.
   */
  readonly boxes: Tensor;
}

/**
 * A residual network without its classifier and two linear heads on the pooled features [N, F]: the logits of the class, and
 * the corners of the box through a sigmoid. State-dict keys: `backbone.*` (torchvision's names, no `fc`), `classifier.*`,
 * `box.*`.
 */
export class TwoHeadResNet extends Module {
  readonly backbone: ResNet;
  /** F -> classes */
  readonly classifier: Linear;
  /** F -> 4 */
  readonly box: Linear;

  /**
   * @param backbone made with `numClasses: 0`.
   * @param classes number of classes, at least 1.
   */
  constructor(backbone: ResNet, classes: number) {
    super();
    if (backbone.fc) throw new RangeError('"backbone" must have no classifier of its own: make it with numClasses 0');
    this.backbone = backbone;
    this.classifier = new Linear(backbone.numFeatures, classes);
    this.box = new Linear(backbone.numFeatures, 4);
  }

  /** @param images [N, 3, H, W], normalised. */
  forward(images: Tensor): HeadOutputs {
    const features = this.backbone.forward(images);
    return { logits: this.classifier.forward(features), boxes: sigmoid(this.box.forward(features)) };
  }
}

/**
 * From scratch on a few hundred photos, the deep networks of bottleneck blocks learn faster when every block starts as the
 * identity; the shallow ones of basic blocks learn slower.
 */
const START_AS_IDENTITY: readonly BackboneName[] = ['resnet50', 'resnet101'];

/** A network whose values are still to be filled, by `initialise` or from a file. */
export function createModel(backbone: BackboneName, classes: number): TwoHeadResNet {
  return new TwoHeadResNet(
    MAKERS[backbone]({ numClasses: 0, zeroInitResidual: START_AS_IDENTITY.includes(backbone) }),
    classes,
  );
}

/** What a user of the network sees. */
export interface Inference {
  /** [N, classes], each row sums to 1. */
  readonly probabilities: Tensor;
  /** [N, 4]: x1 <= x2 and y1 <= y2, in units of the picture. */
  readonly boxes: Tensor;
}

/** The corners of any two opposite points are a valid box: smaller coordinates first. */
export function inference({ logits, boxes }: HeadOutputs): Inference {
  const first = slice(boxes, [0], [2], { axes: [1] });
  const second = slice(boxes, [2], [4], { axes: [1] });
  const ordered = concat([minimum(first, second), maximum(first, second)], 1);
  return { probabilities: softmax(logits, 1), boxes: ordered };
}
