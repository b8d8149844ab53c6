/** The two-head network: one residual trunk, a class head and a box head. */
import { concat, maximum, minimum, slice, softmax, type Tensor } from '@counterpoise/engine';
import { Linear, Module, type ResNet, resnet18, resnet34, resnet50, resnet101 } from '@counterpoise/nn';
import { type BoxCoding, decodeBoxes, PLAIN_CORNERS } from './box-head.js';
import { BoxScale } from './box-scale.js';

const MAKERS = { resnet18, resnet34, resnet50, resnet101 };

export type BackboneName = keyof typeof MAKERS;

export const BACKBONES = Object.keys(MAKERS) as readonly BackboneName[];

/** Raw results of the two heads for N pictures. */
export interface HeadOutputs {
  /** [N, classes] */
  readonly logits: Tensor;
  /**
   * [N, 4]: x1, y1, x2, y2 in units of the picture. Of a box head `corners`, nothing keeps x1 below x2 while the network
   * learns; the losses compare them as they are, `inference` puts them in order.
   */
  readonly boxes: Tensor;
}

/**
 * A residual network without its classifier and two linear heads on the pooled features [N, F]: the logits of the class, and
 * four numbers that `decodeBoxes` turns into a box. State-dict keys: `backbone.*` (torchvision's names, no `fc`),
 * `classifier.*`, `box.*`; of the coding of the box, running statistics: `box_scale.mean` and `box_scale.std`.
 */
export class TwoHeadResNet extends Module {
  readonly backbone: ResNet;
  /** F -> classes */
  readonly classifier: Linear;
  /** F -> 4 */
  readonly box: Linear;
  readonly boxCoding: BoxCoding;
  /** Running statistics of the boxes, if the coding has such. */
  readonly boxScale: BoxScale | undefined;

  /**
   * @param backbone made with `numClasses: 0`.
   * @param classes number of classes, at least 1.
   * @param boxCoding what the numbers of the box head mean. Default: corners through a sigmoid.
   */
  constructor(backbone: ResNet, classes: number, boxCoding: BoxCoding = PLAIN_CORNERS) {
    super();
    if (backbone.fc) throw new RangeError('"backbone" must have no classifier of its own: make it with numClasses 0');
    this.backbone = backbone;
    this.classifier = new Linear(backbone.numFeatures, classes);
    this.box = new Linear(backbone.numFeatures, 4);
    this.boxCoding = boxCoding;
    this.boxScale = boxCoding.standardization instanceof BoxScale ? boxCoding.standardization : undefined;
  }

  /** @param images [N, 3, H, W], normalised. */
  forward(images: Tensor): HeadOutputs {
    return this.heads(this.backbone.forward(images));
  }

  /** @param features [N, F], of the backbone. */
  heads(features: Tensor): HeadOutputs {
    const boxes = decodeBoxes(this.box.forward(features), this.boxCoding);
    return { logits: this.classifier.forward(features), boxes };
  }
}

/**
 * From scratch on a few hundred photos, the deep networks of bottleneck blocks learn faster when every block starts as the
 * identity; the shallow ones of basic blocks learn slower.
 */
const START_AS_IDENTITY: readonly BackboneName[] = ['resnet50', 'resnet101'];

/** A network whose values are still to be filled, by `initialise` or from a file. */
export function createModel(backbone: BackboneName, classes: number, boxCoding?: BoxCoding): TwoHeadResNet {
  return new TwoHeadResNet(
    MAKERS[backbone]({ numClasses: 0, zeroInitResidual: START_AS_IDENTITY.includes(backbone) }),
    classes,
    boxCoding,
  );
}

/** What a user of the network sees. */
export interface Inference {
  /** [N, classes], each row sums to 1. */
  readonly probabilities: Tensor;
  /** [N, 4]: x1 <= x2 and y1 <= y2, in units of the picture, each in [0, 1]. */
  readonly boxes: Tensor;
}

/** The corners of any two opposite points are a valid box: smaller coordinates first, and what lies outside is cut off. */
export function inference({ logits, boxes }: HeadOutputs): Inference {
  const inside = maximum(minimum(boxes, 1), 0);
  const first = slice(inside, [0], [2], { axes: [1] });
  const second = slice(inside, [2], [4], { axes: [1] });
  const ordered = concat([minimum(first, second), maximum(first, second)], 1);
  return { probabilities: softmax(logits, 1), boxes: ordered };
}
