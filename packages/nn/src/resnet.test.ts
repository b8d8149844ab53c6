import { createHash } from 'node:crypto';
import { avgPool2d, crossEntropy, gradients, Input, type Tensor, tanh } from '@counterpoise/engine';
import { describe, expect, it } from 'vitest';
import { operationsBefore } from '../../engine/src/graph/traverse.js';
import { initialise } from './init.js';
import { Random } from './random.js';
import { type ResNet, resnet18, resnet34, resnet50, resnet101 } from './resnet.js';

// Of torchvision 0.14: tensors without num_batches_tracked, parameters, their values, and the SHA-256 over a line
// "<key> <sizes joined by commas>\n" per tensor of state_dict(), in its order.
const TORCHVISION = [
  [resnet18, 102, 62, 11_689_512, '64cd6d8b42a7eb98d8dc7b7be29e84e87a26f8dcb229a715f3b9caec899d9892'],
  [resnet34, 182, 110, 21_797_672, '23cd89fec54f44f28104830fc5b226cdb7c66bb8cef31f24bb0f3894843d3e59'],
  [resnet50, 267, 161, 25_557_032, '6b89d2b460f08509ab08dc399b5e040bb29f33ae91a1b89ebfda0dbcb4a74a5e'],
  [resnet101, 522, 314, 44_549_160, '0aaf473b808ee2da15cf30cb40d20a68a3468abaac0960e6b72c6c5da2031585'],
] as const;

const kinds = (y: Tensor, kind: string) => operationsBefore([y]).filter((operation) => operation.kind === kind);
const pixels = (n: number, size: number) => new Input('images', [n, 3, size, size]);

describe.each(TORCHVISION)('%o', (make, tensors, parameters, values, hash) => {
  it(`has torchvision's ${tensors} keys and shapes, in its order`, () => {
    const model = make();
    const state = model.stateDict();
    const lines = [...state].map(([key, { shape }]) => `${key} ${shape.join(',')}\n`);
    expect(lines).toHaveLength(tensors);
    expect(model.parameters()).toHaveLength(parameters);
    expect(model.parameters().reduce((total, { size }) => total + size, 0)).toBe(values);
    expect(createHash('sha256').update(lines.join('')).digest('hex')).toBe(hash);
  });
});

describe('ResNet', () => {
  it('maps images to logits, or to pooled features without classes', () => {
    const features = resnet18({ numClasses: 0 });
    expect(features.fc).toBeUndefined();
    expect(features.numFeatures).toBe(512);
    expect(features.forward(pixels(2, 64)).shape).toEqual([2, 512]);
    expect(resnet18({ numClasses: 7 }).forward(pixels(2, 65)).shape).toEqual([2, 7]);
    const wide = resnet50({ numClasses: 0 });
    expect(wide.numFeatures).toBe(2048);
    expect(wide.eval().forward(pixels(1, 32)).shape).toEqual([1, 2048]);
    expect(() => resnet18({ numClasses: -1 })).toThrow('"numClasses" must be a whole number of 0 or more, got -1');
  });

  it('has 53 convolutions as ResNet-50, and strides the 3x3 ones (version 1.5)', () => {
    const convolutions = kinds(resnet50().forward(pixels(2, 64)), 'Conv');
    expect(convolutions).toHaveLength(53);
    const strided = convolutions.filter(({ attributes }) => (attributes.strides as number[])[0] === 2);
    expect(strided.map(({ inputs }) => inputs[1]!.shape.slice(2))).toEqual([
      [7, 7],
      ...Array.from({ length: 3 }, () => [
        [3, 3],
        [1, 1],
      ]).flat(),
    ]);
  });

  it('updates all running statistics in training, and none in evaluation', () => {
    const model = resnet50({ numClasses: 0 });
    model.forward(pixels(2, 64));
    const updates = model.takeUpdates();
    expect(updates.map(({ variable }) => variable)).toEqual(model.buffers());
    expect(updates).toHaveLength(106);
    expect(updates.every(({ variable, value }) => String(variable.shape) === String(value.shape))).toBe(true);
    const y = model.eval().forward(pixels(1, 64));
    expect(model.takeUpdates()).toEqual([]);
    expect(kinds(y, 'BatchNormTraining')).toHaveLength(0);
  });

  it('passes a gradient of its shape to every parameter', () => {
    const model = resnet50({ numClasses: 10 });
    const loss = crossEntropy(model.forward(pixels(2, 64)), new Input('labels', [2], 'int32'));
    const parameters = model.parameters();
    expect(gradients(loss, parameters).map((gradient) => gradient?.shape)).toEqual(
      parameters.map(({ shape }) => shape),
    );
  });

  it('has a kink-free form', () => {
    const smooth = resnet18({ activation: tanh, pool: (x) => avgPool2d(x, 3, { stride: 2, padding: 1 }) });
    const y = smooth.forward(pixels(2, 64));
    expect(kinds(y, 'Tanh')).toHaveLength(17);
    expect(kinds(y, 'AveragePool')).toHaveLength(1);
    expect([...kinds(y, 'Relu'), ...kinds(y, 'MaxPool')]).toHaveLength(0);
  });

  it("starts as torchvision's: convolutions normal with variance 2 / fan out, scales 1, shifts 0", () => {
    const model = initialise(resnet18({ numClasses: 10 }), new Random(3));
    for (const [key, { data, shape }] of model.stateDict()) {
      if (shape.length === 4) {
        const variance = data.reduce((total, value) => total + value * value, 0) / data.length;
        const expected = 2 / (shape[0]! * shape[2]! * shape[3]!);
        // The relative standard error of a variance is sqrt(2 / n).
        expect(Math.abs(variance / expected - 1), key).toBeLessThan(5 * Math.sqrt(2 / data.length));
      } else if (/bn\d\.weight|downsample\.1\.weight|running_var/.test(key)) {
        expect(data.every((value) => value === 1)).toBe(true);
      } else if (/bn\d\.bias|downsample\.1\.bias|running_mean/.test(key)) {
        expect(data.every((value) => value === 0)).toBe(true);
      } else {
        expect(
          data.every((value) => Math.abs(value) <= 1 / Math.sqrt(512) && value !== 0),
          key,
        ).toBe(true);
      }
    }
  });

  it('zeroInitResidual zeroes the last scale of each block only', () => {
    // Scales only: the convolutions of a ResNet-50 take seconds to draw.
    const zeroed = (model: ResNet) =>
      model.namedParameters().flatMap(([key, { initialiser, data, shape }]) => {
        if (shape.length !== 1 || !key.endsWith('weight')) return [];
        initialiser(data, shape, new Random(0));
        return data.every((value) => value === 0) ? [key] : [];
      });
    const blocks = ['layer1', 'layer2', 'layer3', 'layer4'].flatMap((layer) => [`${layer}.0`, `${layer}.1`]);
    expect(zeroed(resnet18({ numClasses: 0, zeroInitResidual: true }))).toEqual(
      blocks.map((block) => `${block}.bn2.weight`),
    );
    expect(zeroed(resnet18({ numClasses: 0 }))).toEqual([]);
    const bottlenecks = zeroed(resnet50({ numClasses: 0, zeroInitResidual: true }));
    expect(bottlenecks).toHaveLength(16);
    expect(bottlenecks.every((key) => key.endsWith('bn3.weight'))).toBe(true);
  });
});
