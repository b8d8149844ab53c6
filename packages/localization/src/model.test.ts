import { compile, Input } from '@counterpoise/engine';
import { initialise, Random, resnet18 } from '@counterpoise/nn';
import { expect, test } from 'vitest';
import { BACKBONES, createModel, inference, TwoHeadResNet } from './model.js';

test('state-dict keys are those of torchvision under backbone, and of the two heads', () => {
  const model = createModel('resnet18', 7);
  const keys = [...model.stateDict().keys()];
  expect(keys.slice(0, 2)).toEqual(['backbone.conv1.weight', 'backbone.bn1.weight']);
  expect(keys.slice(-4)).toEqual(['classifier.weight', 'classifier.bias', 'box.weight', 'box.bias']);
  expect(keys.some((key) => key.includes('fc.'))).toBe(false);
  expect(model.stateDict().get('classifier.weight')!.shape).toEqual([7, 512]);
  expect(createModel('resnet50', 7).stateDict().get('box.weight')!.shape).toEqual([4, 2048]);
  expect(BACKBONES).toEqual(['resnet18', 'resnet34', 'resnet50', 'resnet101']);
});

test('a trunk with a classifier of its own is refused', () => {
  expect(() => new TwoHeadResNet(resnet18(), 3)).toThrow('"backbone" must have no classifier of its own');
  expect(() => createModel('resnet18', 0)).toThrow('"outFeatures"');
});

test('inference gives probabilities, and the box around the two corners whichever is first', async () => {
  const logits = new Input('logits', [2, 3]);
  const boxes = new Input('boxes', [2, 4]);
  const program = await compile([{ name: 'run', outputs: { ...inference({ logits, boxes }) } }], { threads: 1 });
  try {
    const results = await program.run('run', {
      logits: Float32Array.of(0, Math.log(2), 0, 5, 5, 5),
      boxes: Float32Array.of(0.75, 0.25, 0.5, 0.5, 0, 1, 1, 0),
    });
    const rounded = (values: Float32Array) => [...values].map((value) => Number(value.toFixed(5)));
    expect(rounded(results.probabilities!)).toEqual([0.25, 0.5, 0.25, 0.33333, 0.33333, 0.33333]);
    expect(rounded(results.boxes!)).toEqual([0.5, 0.25, 0.75, 0.5, 0, 0, 1, 1]);
  } finally {
    program.release();
  }
});

test('inference cuts off what lies outside the picture', async () => {
  const [logits, boxes] = [new Input('logits', [1, 1]), new Input('boxes', [1, 4])];
  const program = await compile([{ name: 'run', outputs: { ...inference({ logits, boxes }) } }], { threads: 1 });
  try {
    const results = await program.run('run', {
      logits: Float32Array.of(0),
      boxes: Float32Array.of(1.5, -0.5, 0.25, 0.75),
    });
    expect([...results.boxes!]).toEqual([0.25, 0, 1, 0.75]);
  } finally {
    program.release();
  }
});

test('boxes of a network are in the picture', async () => {
  const model = initialise(createModel('resnet18', 2), new Random(0));
  model.eval();
  const images = new Input('images', [1, 3, 16, 16]);
  const program = await compile([{ name: 'run', outputs: { ...inference(model.forward(images)) } }], { threads: 1 });
  try {
    const pixels = Float32Array.from({ length: 3 * 256 }, (_, i) => Math.sin(i) * 100);
    const { boxes } = await program.run('run', { images: pixels });
    const [x1, y1, x2, y2] = boxes!;
    for (const side of boxes!) expect(side >= 0 && side <= 1).toBe(true);
    expect(x1! <= x2! && y1! <= y2!).toBe(true);
  } finally {
    program.release();
  }
});
