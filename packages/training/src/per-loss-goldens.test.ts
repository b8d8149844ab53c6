/** Gradients of each of two, three and eight losses against PyTorch; those of ResNet-18 are in packages/localization. */
import { describe, expect, it } from 'vitest';
import { BOUNDARIES } from './gradients/boundary.js';
import { goldenConvNet, goldenDepths, goldenMlp } from './testing/golden-networks.js';
import { boundariesOf, gradientMisses, readGradients, stepMisses } from './testing/loss-gradient-goldens.js';

const NETWORKS = { mlp: goldenMlp, depths: goldenDepths, convnet: goldenConvNet };

describe.each(['mlp', 'depths', 'convnet'] as const)('%s', (name) => {
  const golden = readGradients(name);
  const network = NETWORKS[name](golden.batch, golden.biasChoices);

  it.each(BOUNDARIES)('finds what lies at the boundary %s', (boundary) => {
    expect(new Set(boundariesOf(network)[boundary])).toEqual(new Set(golden.boundaries[boundary].tensors));
  });

  it.each(BOUNDARIES)('gradients of each loss at %s, and no others', async (boundary) => {
    expect(await gradientMisses(network, golden, boundary)).toEqual([]);
  });

  it.each(BOUNDARIES)('norms, Gramian and total of a step that measures at %s', async (boundary) => {
    expect(await stepMisses(network, golden, boundary)).toEqual([]);
  });
});
