import '../testing/cpu.js';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { createBalancer } from 'counterpoise';
import { expect, test } from 'vitest';
import { compileBalanced, restoreBalancer, storeBalancer } from './index.js';
import { loss, makeData, makeModel, weightsOf } from './model.test.helper.js';

const QUIET = { batchSize: 8, shuffle: false, verbose: 0 } as const;

test('training goes on from a saved model and balancer bit for bit', async () => {
  const { x, y } = makeData();
  const model = makeModel();
  const balancer = createBalancer('running-max', { options: { decay: 0.9 } });
  compileBalanced(model, balancer, { optimizer: 'adam', loss });
  await model.fit(x, y, { ...QUIET, epochs: 2 });

  model.setUserDefinedMetadata({ author: 'a user' });
  storeBalancer(model, balancer);
  let saved!: tf.io.ModelArtifacts;
  const handler = tf.io.withSaveHandler(async (artifacts) => {
    saved = JSON.parse(JSON.stringify({ ...artifacts, weightData: undefined }));
    saved.weightData = artifacts.weightData!;
    return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
  });
  await model.save(handler, { includeOptimizer: true });
  const loaded = await tfl.loadLayersModel(tf.io.fromMemory(saved));
  const again = createBalancer('running-max', { options: { decay: 0.9 } });
  restoreBalancer(loaded, again);
  compileBalanced(loaded, again, { optimizer: loaded.optimizer, loss });
  expect(loaded.getUserDefinedMetadata()).toMatchObject({ author: 'a user' });

  for (const one of [model, loaded]) await one.fit(x, y, { ...QUIET, epochs: 2 });
  expect(weightsOf(loaded)).toEqual(weightsOf(model));
  expect(again.state()).toEqual(balancer.state());

  const other = createBalancer('ema');
  expect(() => restoreBalancer(loaded, other)).toThrow('"method" "running-max"');
  expect(() => restoreBalancer(makeModel(), other)).toThrow('holds no balancer: call storeBalancer before model.save');
});
