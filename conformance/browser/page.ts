/** What runs in the browser: the same training as in Node, on WebGL. */
import '@tensorflow/tfjs-backend-webgl';
import * as tf from '@tensorflow/tfjs-core';
import { balancerFor, type Case } from '../cases.js';
import type { RunLength } from '../engines/run.js';
import { trainTfjs } from '../engines/tfjs.js';
import type { Problem } from '../problem.js';
import type { Trajectory } from '../trajectory.js';

export interface BackendFacts {
  readonly backend: string;
  /** Are textures float32? Else the backend computes in float16, and no trajectory can agree. */
  readonly float32: boolean;
}

export interface PageRun {
  readonly trajectory: Trajectory;
  /** Tensors that the training left behind. */
  readonly leaked: number;
}

const conformance = {
  async start(): Promise<BackendFacts> {
    // Packed textures of TensorFlow.js 4.22 pad odd dimensions, and `exp` and `sub` leave numbers in the padding that a matrix
    // product adds up: with 3 classes and SGD its gradients are wrong from the second step on, with or without an adapter.
    tf.env().set('WEBGL_PACK', false);
    await tf.setBackend('webgl');
    return { backend: tf.getBackend(), float32: tf.env().getBool('WEBGL_RENDER_FLOAT32_ENABLED') };
  },
  async train(problem: Problem, one: Case, length: RunLength): Promise<PageRun> {
    const before = tf.memory().numTensors;
    const trajectory = await trainTfjs(problem, balancerFor(one, problem.losses), {
      ...length,
      boundary: one.boundary,
    });
    return { trajectory, leaked: tf.memory().numTensors - before };
  },
};

Object.assign(globalThis, { conformance });
