import './testing/cpu.js';
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import * as counterpoise from 'counterpoise';
import { expect, test } from 'vitest';
import * as adapter from './index.js';
import * as layersAdapter from './layers/index.js';
import { makeData, makeModel } from './layers/model.test.helper.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const blocks = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code!);

/** What the examples take for granted. */
function scope(printed: unknown[]) {
  const { x, y } = makeData();
  const [shared, classHead, boxHead] = [
    [6, 8],
    [8, 3],
    [8, 4],
  ].map((shape, seed) => tf.variable(tf.randomNormal(shape, 0, 0.1, 'float32', seed))) as [
    tf.Variable,
    tf.Variable,
    tf.Variable,
  ];
  return {
    tf,
    x,
    classes: y.class,
    boxes: y.box,
    trunk: (input: tf.Tensor) => tf.tanh(tf.matMul(input, shared)),
    classLoss: (z: tf.Tensor, classes: tf.Tensor) => tf.losses.softmaxCrossEntropy(classes, tf.matMul(z, classHead)),
    boxLoss: (z: tf.Tensor, boxes: tf.Tensor) => tf.losses.meanSquaredError(boxes, tf.matMul(z, boxHead)),
    optimizer: tf.train.sgd(0.01),
    model: makeModel(),
    handler: tf.io.withSaveHandler(async ({ userDefinedMetadata }) => {
      printed.push(userDefinedMetadata);
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
    console: { log: (...values: unknown[]) => printed.push(...values) },
  };
}

/** Runs an example with its imports taken from the sources. */
async function run(code: string): Promise<unknown[]> {
  const printed: unknown[] = [];
  const names: Record<string, unknown> = { ...scope(printed), ...counterpoise, ...adapter, ...layersAdapter };
  const imported = [...code.matchAll(/import \{ (.*?) \} from/g)].flatMap(([, list]) => list!.split(', '));
  for (const name of imported) expect(names, `${name} is exported`).toHaveProperty(name);
  const AsyncFunction = (async () => {}).constructor as new (
    ...args: string[]
  ) => (...values: unknown[]) => Promise<void>;
  const body = code.replace(/^import .*$/gm, '');
  await new AsyncFunction(...Object.keys(names), body)(...Object.values(names));
  return printed;
}

test('the examples of the README run', async () => {
  expect(blocks).toHaveLength(3);
  const [step, gradients, fit] = [await run(blocks[0]!), await run(blocks[1]!), await run(blocks[2]!)];
  expect(step).toEqual([expect.any(Number), expect.any(Number)]);
  expect(gradients).toEqual([]);
  expect(fit.slice(0, 3)).toEqual(Array(3).fill([expect.any(Number), expect.any(Number)]));
  expect(fit[3]).toMatchObject({ counterpoise: { method: 'running-max' } });
});
