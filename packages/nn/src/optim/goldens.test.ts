/** Optimisers and clipping on ONNX Runtime, in float32, against PyTorch in float64 (`tools/goldens/make_optimizers.py`). */
import { readFileSync } from 'node:fs';
import { compile, Input } from '@counterpoise/engine';
import { describe, expect, it } from 'vitest';
import { zeros } from '../init.js';
import { Parameter } from '../parameter.js';
import { Adam, AdamW } from './adam.js';
import { clipGradNorm } from './clip.js';
import type { NamedParameter, Optimizer } from './optimizer.js';
import { SGD } from './sgd.js';

type Key = 'weight' | 'bias';
type Values = Readonly<Record<Key, readonly number[]>>;

interface Goldens {
  readonly shapes: Values;
  readonly start: Values;
  readonly gradients: readonly Values[];
  readonly optimizers: readonly GoldenRun[];
  readonly clipGradNorm: readonly {
    readonly maxNorm: number;
    readonly gradients: Values;
    readonly totalNorm: number;
    readonly clipped: Values;
  }[];
}

interface GoldenRun {
  readonly optimizer: keyof typeof MAKERS;
  readonly options: Readonly<{ lr: number }>;
  readonly parameters: readonly Values[];
}

const MAKERS = { SGD, Adam, AdamW };
const KEYS = ['weight', 'bias'] as const;
const THREADS = { threads: 1 };

// Ten roundings of 6e-8 each in the parameters, and a few in every gradient.
const TOLERANCE = 1e-6;

const file = new URL('../../goldens/optimizers.json', import.meta.url);
const goldens = JSON.parse(readFileSync(file, 'utf8')) as Goldens;

function expectClose(ours: ArrayLike<number>, truth: readonly number[]): void {
  expect(ours.length).toBe(truth.length);
  const distance = Math.hypot(...truth.map((value, i) => ours[i]! - value));
  expect(distance).toBeLessThanOrEqual(TOLERANCE * Math.hypot(...truth));
}

function gradientInputs(): Record<Key, Input> {
  const { weight, bias } = goldens.shapes;
  return { weight: new Input('weight', weight), bias: new Input('bias', bias) };
}

const floats = ({ weight, bias }: Values) => ({ weight: Float32Array.from(weight), bias: Float32Array.from(bias) });

/** After each step. */
async function trajectory({ optimizer: name, options: { lr, ...options } }: GoldenRun): Promise<Float32Array[][]> {
  const named = KEYS.map((key): NamedParameter => {
    const parameter = new Parameter(key, goldens.shapes[key], zeros());
    parameter.data.set(goldens.start[key]);
    return [key, parameter];
  });
  const optimizer: Optimizer = new MAKERS[name](named, options);
  const { weight, bias } = gradientInputs();
  const updates = optimizer.updates([weight, bias], new Input('lr', []));
  const program = await compile([{ name: 'update', updates }], THREADS);
  const states: Float32Array[][] = [];
  try {
    for (const [i, gradients] of goldens.gradients.entries()) {
      await program.run('update', { ...floats(gradients), lr, ...optimizer.feeds(i + 1) });
      states.push(named.map(([, { data }]) => data.slice()));
    }
  } finally {
    program.release();
  }
  return states;
}

describe('ten steps of PyTorch', () => {
  it.each(goldens.optimizers)('$optimizer $options', async (run) => {
    const states = await trajectory(run);
    expect(run.parameters).toHaveLength(10);
    for (const [step, truth] of run.parameters.entries()) {
      for (const [i, key] of KEYS.entries()) expectClose(states[step]![i]!, truth[key]);
    }
  });
});

describe("PyTorch's clip_grad_norm_", () => {
  it.each(goldens.clipGradNorm)('of a norm of $totalNorm to $maxNorm', async (golden) => {
    const { weight, bias } = gradientInputs();
    const { gradients, norm } = clipGradNorm([weight, bias], golden.maxNorm);
    const outputs = { clippedWeight: gradients[0]!, clippedBias: gradients[1]!, norm };
    const program = await compile([{ name: 'clip', outputs }], THREADS);
    try {
      const results = await program.run('clip', floats(golden.gradients));
      expectClose(results.clippedWeight!, golden.clipped.weight);
      expectClose(results.clippedBias!, golden.clipped.bias);
      expectClose(results.norm!, [golden.totalNorm]);
    } finally {
      program.release();
    }
  });
});
