/** Gradients of the class loss and of the box loss of the real localizer, ResNet-18 at 64 pixels, against PyTorch. */
import { Input } from '@counterpoise/engine';
import { expect, it } from 'vitest';
import { BOUNDARIES } from '../../training/src/gradients/boundary.js';
import { fill, type GoldenNetwork } from '../../training/src/testing/golden-networks.js';
import {
  boundariesOf,
  gradientMisses,
  readGradients,
  stepMisses,
} from '../../training/src/testing/loss-gradient-goldens.js';
import { trainingLosses } from './losses.js';
import { createModel } from './model.js';
import { goldenBatch } from './testing/golden-network.test.helper.js';

const SIZE = 64;
const CLASSES = 10;
const golden = readGradients('resnet18');
const network = localizer();

function localizer(): GoldenNetwork {
  const { batch } = golden;
  const model = fill(createModel('resnet18', CLASSES), golden.biasChoices);
  const features = model.backbone.forward(new Input('images', [batch, 3, SIZE, SIZE]));
  const { logits, boxes } = model.heads(features);
  const rawBox = boxes.producer!.inputs[0]!;
  const targets = { labels: new Input('labels', [batch], 'int32'), boxes: new Input('boxes', [batch, 4]) };
  const settings = { boxLosses: ['mse'], boxUnits: 'pixels', smoothL1Beta: 0.1 } as const;
  return {
    model,
    losses: trainingLosses({ logits, boxes }, targets, settings, model.boxCoding),
    tensors: { features, logits, rawBox },
    feeds: goldenBatch({ batch, imageSize: SIZE, classes: CLASSES }),
  };
}

it.each(BOUNDARIES)('finds what lies at the boundary %s', (boundary) => {
  expect(new Set(boundariesOf(network)[boundary])).toEqual(new Set(golden.boundaries[boundary].tensors));
});

it.each(BOUNDARIES)('gradients of each loss at %s, and no others', async (boundary) => {
  expect(await gradientMisses(network, golden, boundary)).toEqual([]);
});

it.each(BOUNDARIES)('norms, Gramian and total of a step that measures at %s', async (boundary) => {
  expect(await stepMisses(network, golden, boundary)).toEqual([]);
});
