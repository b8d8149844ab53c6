/** The small networks of `goldens/loss-gradients.json`; `tools/goldens/loss_gradient_cases.py` builds the same: change both or neither. */
import {
  add,
  concat,
  crossEntropy,
  globalAveragePool,
  Input,
  l1Loss,
  mean,
  mseLoss,
  mul,
  relu,
  reshape,
  sigmoid,
  smoothL1Loss,
  softplus,
  sub,
  type Tensor,
  tanh,
} from '@counterpoise/engine';
import { BatchNorm2d, Conv2d, init, Linear, Module, Parameter } from '@counterpoise/nn';
import { hashFill, hashIntegers, hashParameter } from '../../../nn/src/testing/hash-fill.js';

/** Losses on one network, whose weights are filled, and its batch. */
export interface GoldenNetwork {
  readonly model: Module;
  readonly losses: Readonly<Record<string, Tensor>>;
  /** What lies at a boundary and is no parameter, by the name in the file. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly feeds: Readonly<Record<string, Float32Array | Int32Array>>;
}

/** Fills every parameter and buffer by formula. @param choices `biasChoices` of the file. */
export function fill<M extends Module>(model: M, choices: Readonly<Record<string, string>>): M {
  for (const [key, { shape, data }] of model.stateDict()) data.set(hashParameter(key, shape, choices[key]));
  return model;
}

class Mlp extends Module {
  readonly first = new Linear(5, 8);
  readonly second = new Linear(8, 8);
  readonly mixingWeight = new Parameter('mixingWeight', [8], init.zeros());
  readonly classifier = new Linear(8, 4);
  readonly locate = new Linear(8, 3);
  readonly judge = new Linear(8, 1);
}

export function goldenMlp(batch: number): GoldenNetwork {
  const model = fill(new Mlp(), {});
  const x = new Input('x', [batch, 5]);
  const labels = new Input('labels', [batch], 'int32');
  const positions = new Input('positions', [batch, 3]);
  const scores = new Input('scores', [batch, 1]);

  const hidden = tanh(model.first.forward(x));
  const middle = tanh(model.second.forward(hidden));
  const logits = model.classifier.forward(mul(model.mixingWeight, middle));
  const position = model.locate.forward(middle);
  const score = model.judge.forward(mul(model.mixingWeight, hidden));
  return {
    model,
    losses: {
      class: crossEntropy(logits, labels),
      position: mseLoss(mul(position, 1000), mul(positions, 1000)),
      early: smoothL1Loss(score, scores),
    },
    tensors: { hidden, logits, position, score },
    feeds: {
      x: hashFill('mlp.x', batch * 5, 2),
      labels: hashIntegers('mlp.labels', batch, 4),
      positions: hashFill('mlp.positions', batch * 3),
      scores: hashFill('mlp.scores', batch, 2),
    },
  };
}

class Depths extends Module {
  readonly first = new Linear(5, 8);
  readonly second = new Linear(8, 8);
  readonly near = new Linear(16, 2);
  readonly far = new Linear(16, 3);
}

export function goldenDepths(batch: number): GoldenNetwork {
  const model = fill(new Depths(), {});
  const hidden = tanh(model.first.forward(new Input('x', [batch, 5])));
  const middle = tanh(model.second.forward(hidden));
  const near = model.near.forward(concat([hidden, middle], 1));
  const far = model.far.forward(concat([hidden, middle], 1));
  return {
    model,
    losses: {
      near: mseLoss(near, new Input('nearTargets', [batch, 2])),
      far: mseLoss(mul(far, 100), mul(new Input('farTargets', [batch, 3]), 100)),
    },
    tensors: { hidden, middle, near, far },
    feeds: {
      x: hashFill('depths.x', batch * 5, 2),
      nearTargets: hashFill('depths.near', batch * 2, 2),
      farTargets: hashFill('depths.far', batch * 3, 2),
    },
  };
}

class Heads extends Module {
  readonly class = new Linear(16, 10);
  readonly fine = new Linear(16, 20);
  readonly box = new Linear(16, 4);
  readonly depth = new Linear(16, 1);
  readonly pose = new Linear(16, 6);
  readonly attributes = new Linear(16, 12);
  readonly advantage = new Linear(16, 1);
}

class ConvNet extends Module {
  readonly conv1 = new Conv2d(3, 8, 3, { padding: 1, bias: false });
  readonly bn1 = new BatchNorm2d(8);
  readonly conv2 = new Conv2d(8, 16, 3, { stride: 2, padding: 1, bias: false });
  readonly bn2 = new BatchNorm2d(16);
  readonly conv3 = new Conv2d(16, 16, 3, { padding: 1, bias: false });
  readonly bn3 = new BatchNorm2d(16);
  readonly heads = new Heads();

  /** [N, 3, H, W] -> [N, 16] */
  forward(x: Tensor): Tensor {
    const first = relu(this.bn1.forward(this.conv1.forward(x)));
    const second = relu(this.bn2.forward(this.conv2.forward(first)));
    const third = relu(add(this.bn3.forward(this.conv3.forward(second)), second));
    return reshape(globalAveragePool(third), [x.shape[0]!, 16]);
  }
}

export function goldenConvNet(batch: number, choices: Readonly<Record<string, string>>): GoldenNetwork {
  const model = fill(new ConvNet(), choices);
  const numbers = (name: string, width: number) => new Input(name, [batch, width]);
  const labels = (name: string) => new Input(name, [batch], 'int32');
  const features = model.forward(new Input('x', [batch, 3, 16, 16]));
  const { heads } = model;
  const raw = {
    class: heads.class.forward(features),
    fine: heads.fine.forward(features),
    box: heads.box.forward(features),
    depth: heads.depth.forward(features),
    pose: heads.pose.forward(features),
    attributes: heads.attributes.forward(features),
    advantage: heads.advantage.forward(features),
  };
  const [box, boxes] = [sigmoid(raw.box), numbers('boxes', 4)];
  return {
    model,
    losses: {
      class: crossEntropy(raw.class, labels('labels')),
      fine: crossEntropy(raw.fine, labels('fine')),
      boxMse: mseLoss(mul(box, 224), mul(boxes, 224)),
      boxL1: l1Loss(box, boxes),
      depth: mul(mseLoss(raw.depth, numbers('depths', 1)), 1e-4),
      pose: mul(smoothL1Loss(raw.pose, numbers('poses', 6), { beta: 0.5 }), 90),
      attributes: mean(sub(softplus(raw.attributes), mul(numbers('attributes', 12), raw.attributes))),
      advantage: mean(mul(numbers('advantages', 1), raw.advantage)),
    },
    tensors: { features, ...raw },
    feeds: {
      x: hashFill('convnet.x', batch * 3 * 16 ** 2, Math.sqrt(3)),
      labels: hashIntegers('convnet.labels', batch, 10),
      fine: hashIntegers('convnet.fine', batch, 20),
      boxes: hashFill('convnet.boxes', batch * 4, 0.5, 0.5),
      depths: hashFill('convnet.depths', batch, 3),
      poses: hashFill('convnet.poses', batch * 6, 2),
      attributes: Float32Array.from(hashIntegers('convnet.attributes', batch * 12, 2)),
      advantages: hashFill('convnet.advantages', batch, 1.5),
    },
  };
}
