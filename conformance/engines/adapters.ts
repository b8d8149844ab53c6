/** The engines behind the adapters, as far as they run in Node. */

import { defaultDevice } from '@jax-js/jax';
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import type { Balancer, Need } from 'counterpoise';
import { countBuffers } from '../../packages/jax/src/testing/live-buffers.js';
import type { Problem } from '../problem.js';
import type { Trajectory } from '../trajectory.js';
import { trainJax } from './jax.js';
import type { Run } from './run.js';
import { trainTfjs } from './tfjs.js';

export interface Adapter {
  readonly name: string;
  /** Makes its backend the one in use. */
  start(): Promise<unknown>;
  train(problem: Problem, balancer: Balancer<Need>, run: Run): Promise<Trajectory>;
  /** Tensors or buffers in memory now. */
  live(): number;
}

const tfjs = (backend: string): Adapter => ({
  name: `tfjs ${backend}`,
  start: () => tf.setBackend(backend),
  train: trainTfjs,
  live: () => tf.memory().numTensors,
});

function jax(device: 'cpu' | 'wasm'): Adapter {
  let live: () => number;
  return {
    name: `jax-js ${device}`,
    async start() {
      defaultDevice(device);
      live ??= await countBuffers(device);
    },
    train: trainJax,
    live: () => live(),
  };
}

export const tfjsCpu = tfjs('cpu');
export const tfjsWasm = tfjs('wasm');
export const jaxCpu = jax('cpu');
export const jaxWasm = jax('wasm');
export const adapters: readonly Adapter[] = [tfjsCpu, tfjsWasm, jaxCpu, jaxWasm];
