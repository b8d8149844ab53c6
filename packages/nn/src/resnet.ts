import { add, flatten, globalAveragePool, maxPool2d, relu, type Tensor } from '@counterpoise/engine';
import { kaimingNormal, zeros } from './init.js';
import { BatchNorm2d } from './layers/batch-norm.js';
import { Sequential } from './layers/containers.js';
import { Conv2d } from './layers/conv2d.js';
import { Linear } from './layers/linear.js';
import { Module } from './module.js';

export interface ResNetOptions {
  /** 0 leaves `fc` out: the output is then the pooled features. Default 1000. */
  numClasses?: number;
  /** Starts the last scale of every block at zero, so that each block starts as the identity. Default false. */
  zeroInitResidual?: boolean;
  /** Default ReLU. */
  activation?: (x: Tensor) => Tensor;
  /** After the first convolution. Default: max pooling 3 x 3, stride 2, padding 1. */
  pool?: (x: Tensor) => Tensor;
}

type Activation = (x: Tensor) => Tensor;

/** Two 3x3 convolutions: ResNet-18 and 34. */
class BasicBlock extends Module {
  static readonly expansion = 1;
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly downsample: Sequential | undefined;
  readonly #activation: Activation;

  constructor(inChannels: number, width: number, stride: number, activation: Activation) {
    super();
    this.conv1 = conv3x3(inChannels, width, stride);
    this.bn1 = new BatchNorm2d(width);
    this.conv2 = conv3x3(width, width);
    this.bn2 = new BatchNorm2d(width);
    this.downsample = projection(inChannels, width, stride);
    this.#activation = activation;
  }

  get lastNorm(): BatchNorm2d {
    return this.bn2;
  }

  forward(x: Tensor): Tensor {
    const hidden = this.#activation(this.bn1.forward(this.conv1.forward(x)));
    const residual = this.bn2.forward(this.conv2.forward(hidden));
    return this.#activation(add(residual, this.downsample ? this.downsample.forward(x) : x));
  }
}

/** 1x1, 3x3 and 1x1 convolutions: ResNet-50 and 101. */
class Bottleneck extends Module {
  static readonly expansion = 4;
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly conv3: Conv2d;
  readonly bn3: BatchNorm2d;
  readonly downsample: Sequential | undefined;
  readonly #activation: Activation;

  constructor(inChannels: number, width: number, stride: number, activation: Activation) {
    super();
    const outChannels = width * Bottleneck.expansion;
    this.conv1 = conv1x1(inChannels, width);
    this.bn1 = new BatchNorm2d(width);
    // Version 1.5: the paper strides the first 1x1 convolution, which throws three quarters of its input away.
    this.conv2 = conv3x3(width, width, stride);
    this.bn2 = new BatchNorm2d(width);
    this.conv3 = conv1x1(width, outChannels);
    this.bn3 = new BatchNorm2d(outChannels);
    this.downsample = projection(inChannels, outChannels, stride);
    this.#activation = activation;
  }

  get lastNorm(): BatchNorm2d {
    return this.bn3;
  }

  forward(x: Tensor): Tensor {
    const narrow = this.#activation(this.bn1.forward(this.conv1.forward(x)));
    const hidden = this.#activation(this.bn2.forward(this.conv2.forward(narrow)));
    const residual = this.bn3.forward(this.conv3.forward(hidden));
    return this.#activation(add(residual, this.downsample ? this.downsample.forward(x) : x));
  }
}

type Block = typeof BasicBlock | typeof Bottleneck;

/**
 * Residual network (He et al., "Deep Residual Learning for Image Recognition", 2016), version 1.5, with torchvision's
 * state-dict keys and initialisation: images [N, 3, H, W] -> logits [N, numClasses], or features [N, numFeatures].
 * Version 1 files have the same keys and shapes and load without a murmur, but work worse: the stride sits elsewhere.
 */
export class ResNet extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly layer1: Sequential;
  readonly layer2: Sequential;
  readonly layer3: Sequential;
  readonly layer4: Sequential;
  readonly fc: Linear | undefined;
  readonly #numFeatures: number;
  readonly #activation: Activation;
  readonly #pool: (x: Tensor) => Tensor;

  constructor(block: Block, depths: readonly [number, number, number, number], options: ResNetOptions = {}) {
    super();
    const { numClasses = 1000, zeroInitResidual = false, activation = relu, pool = maxPool } = options;
    if (!Number.isSafeInteger(numClasses) || numClasses < 0) {
      throw new RangeError(`"numClasses" must be a whole number of 0 or more, got ${numClasses}`);
    }
    const blocks: InstanceType<Block>[] = [];
    let channels = 64;
    const stage = (index: 0 | 1 | 2 | 3): Sequential => {
      const made = Array.from({ length: depths[index] }, (_, position) => {
        const width = 64 * 2 ** index;
        const stride = index > 0 && position === 0 ? 2 : 1;
        const next = new block(channels, width, stride, activation);
        channels = width * block.expansion;
        return next;
      });
      blocks.push(...made);
      return new Sequential(...made);
    };
    this.conv1 = new Conv2d(3, 64, 7, { stride: 2, padding: 3, bias: false });
    this.bn1 = new BatchNorm2d(64);
    this.layer1 = stage(0);
    this.layer2 = stage(1);
    this.layer3 = stage(2);
    this.layer4 = stage(3);
    this.#numFeatures = channels;
    this.fc = numClasses > 0 ? new Linear(channels, numClasses) : undefined;
    this.#activation = activation;
    this.#pool = pool;

    for (const module of this.modules()) {
      if (module instanceof Conv2d) {
        module.weight.initialiser = kaimingNormal({ mode: 'fanOut', nonlinearity: 'relu' });
      }
    }
    if (zeroInitResidual) for (const { lastNorm } of blocks) lastNorm.weight.initialiser = zeros();
  }

  /** Channels of the pooled features, and inputs of `fc`: 512 or 2048. */
  get numFeatures(): number {
    return this.#numFeatures;
  }

  forward(images: Tensor): Tensor {
    let x = this.#pool(this.#activation(this.bn1.forward(this.conv1.forward(images))));
    for (const layer of [this.layer1, this.layer2, this.layer3, this.layer4]) x = layer.forward(x);
    const features = flatten(globalAveragePool(x), 1);
    return this.fc ? this.fc.forward(features) : features;
  }
}

export function resnet18(options?: ResNetOptions): ResNet {
  return new ResNet(BasicBlock, [2, 2, 2, 2], options);
}

export function resnet34(options?: ResNetOptions): ResNet {
  return new ResNet(BasicBlock, [3, 4, 6, 3], options);
}

export function resnet50(options?: ResNetOptions): ResNet {
  return new ResNet(Bottleneck, [3, 4, 6, 3], options);
}

export function resnet101(options?: ResNetOptions): ResNet {
  return new ResNet(Bottleneck, [3, 4, 23, 3], options);
}

function maxPool(x: Tensor): Tensor {
  return maxPool2d(x, 3, { stride: 2, padding: 1 });
}

function conv3x3(inChannels: number, outChannels: number, stride = 1): Conv2d {
  return new Conv2d(inChannels, outChannels, 3, { stride, padding: 1, bias: false });
}

function conv1x1(inChannels: number, outChannels: number, stride = 1): Conv2d {
  return new Conv2d(inChannels, outChannels, 1, { stride, bias: false });
}

/** What the shortcut needs where a block changes the shape. */
function projection(inChannels: number, outChannels: number, stride: number): Sequential | undefined {
  if (stride === 1 && inChannels === outChannels) return undefined;
  return new Sequential(conv1x1(inChannels, outChannels, stride), new BatchNorm2d(outChannels));
}
