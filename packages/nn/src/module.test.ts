import { Input, type Tensor, Variable } from '@counterpoise/engine';
import { describe, expect, it } from 'vitest';
import { ones, zeros } from './init.js';
import { BatchNorm2d } from './layers/batch-norm.js';
import { Sequential } from './layers/containers.js';
import { Linear } from './layers/linear.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';

class Scale extends Module {
  readonly gain = new Parameter('gain', [2], ones());
  readonly lastSeen = new Variable('lastSeen', [2], new Float32Array(2));

  forward(x: Tensor): Tensor {
    this.recordUpdate(this.lastSeen, x);
    return x;
  }
}

class TwoHeads extends Module {
  readonly trunk = new Sequential(new Linear(3, 2), new Scale());
  readonly boxHead = new Linear(2, 4, { bias: false });
  readonly experts = [new Scale(), new Scale()];
  readonly note = 'not a member';
  absent: Module | undefined;
}

const KEYS = [
  'trunk.0.weight',
  'trunk.0.bias',
  'trunk.1.gain',
  'trunk.1.last_seen',
  'box_head.weight',
  'experts.0.gain',
  'experts.0.last_seen',
  'experts.1.gain',
  'experts.1.last_seen',
];

const zeroState = (model: Module) =>
  new Map(
    [...model.stateDict()].map(([key, { shape, data }]) => [key, { shape, data: new Float32Array(data.length) }]),
  );

describe('the module tree', () => {
  it('finds properties, elements of arrays and members of Sequential, under snake-case keys', () => {
    const model = new TwoHeads();
    expect([...model.stateDict().keys()]).toEqual(KEYS);
    expect(model.namedParameters().map(([key]) => key)).toEqual(KEYS.filter((key) => !key.endsWith('last_seen')));
    expect(model.namedBuffers().map(([key]) => key)).toEqual(KEYS.filter((key) => key.endsWith('last_seen')));
    expect(model.namedModules().map(([path]) => path)).toEqual([
      '',
      'trunk',
      'trunk.0',
      'trunk.1',
      'box_head',
      'experts.0',
      'experts.1',
    ]);
  });

  it('sees modules that are put in later', () => {
    const model = new TwoHeads();
    model.absent = new Linear(1, 1);
    expect(model.stateDict().has('absent.bias')).toBe(true);
  });

  it('lists a tied parameter once, but saves it under both keys, as PyTorch', () => {
    class Tied extends Module {
      readonly encoder = new Scale();
      readonly copy = this.encoder.gain;
    }
    const model = new Tied();
    expect(model.namedParameters().map(([key]) => key)).toEqual(['copy']);
    expect([...model.stateDict().keys()]).toEqual(['copy', 'encoder.gain', 'encoder.last_seen']);
  });

  it('ends on a tree with a cycle', () => {
    const model = new TwoHeads();
    model.absent = model;
    expect([...model.stateDict().keys()]).toEqual(KEYS);
  });

  it('refuses two properties with one key', () => {
    class Clash extends Module {
      readonly boxHead = new Parameter('a', [1], zeros());
      readonly box_head = new Parameter('b', [1], zeros());
    }
    expect(() => new Clash().stateDict()).toThrow('two properties of Clash share the key "box_head"');
  });
});

describe('modes', () => {
  it('train and eval reach all modules below, and only those', () => {
    const model = new TwoHeads();
    expect(model.training).toBe(true);
    model.trunk.eval();
    expect(model.training).toBe(true);
    expect(model.trunk.modules().map((module) => module.training)).toEqual([false, false, false]);
    model.eval();
    expect(model.modules().every((module) => !module.training)).toBe(true);
    model.train();
    expect(model.modules().every((module) => module.training)).toBe(true);
  });

  it('requiresGrad freezes and thaws the parameters below', () => {
    const model = new TwoHeads();
    model.trunk.requiresGrad(false);
    const frozen = model.namedParameters().filter(([, parameter]) => !parameter.requiresGrad);
    expect(frozen.map(([key]) => key)).toEqual(['trunk.0.weight', 'trunk.0.bias', 'trunk.1.gain']);
    model.requiresGrad();
    expect(model.parameters().every((parameter) => parameter.requiresGrad)).toBe(true);
  });

  it('hands out the recorded updates once', () => {
    const model = new TwoHeads();
    const x = new Input('x', [2]);
    model.experts[1]!.forward(x);
    expect(model.takeUpdates()).toEqual([{ variable: model.experts[1]!.lastSeen, value: x }]);
    expect(model.takeUpdates()).toEqual([]);
  });
});

describe('state dicts', () => {
  it('go from one model into another', () => {
    const [from, to] = [new TwoHeads(), new TwoHeads()];
    let next = 0;
    for (const { data } of from.stateDict().values()) for (let i = 0; i < data.length; i++) data[i] = next++;
    expect(to.loadStateDict(from.stateDict())).toEqual({ missingKeys: [], unexpectedKeys: [] });
    expect(to.stateDict()).toEqual(from.stateDict());
    expect(to.boxHead.weight.data).not.toBe(from.boxHead.weight.data);
  });

  it('are the live values, marked F32 for a safetensors file', () => {
    const model = new TwoHeads();
    const entry = model.stateDict().get('box_head.weight')!;
    expect(entry).toEqual({ dtype: 'F32', shape: [4, 2], data: model.boxHead.weight.data });
    expect(entry.data).toBe(model.boxHead.weight.data);
  });

  it('are checked as a whole before anything is written', () => {
    const model = new TwoHeads();
    const state = zeroState(model);
    state.set('experts.1.gain', { shape: [3], data: new Float32Array(3) });
    state.delete('trunk.0.bias');
    state.set('extra', { shape: [], data: new Float32Array(1) });
    expect(() => model.loadStateDict(state)).toThrow(
      [
        'the state dict does not fit in 3 places:',
        '  "experts.1.gain" must have shape [2], got [3]',
        '  missing "trunk.0.bias" [2]',
        '  unexpected "extra" []',
      ].join('\n'),
    );
    expect(model.trunk.stateDict().get('0.weight')!.data.every(Number.isNaN)).toBe(true);
  });

  it('report a single problem in one line', () => {
    const state = zeroState(new TwoHeads());
    state.delete('trunk.0.bias');
    const load = () => new TwoHeads().loadStateDict(state);
    expect(load).toThrow(/^the state dict does not fit: missing "trunk.0.bias" \[2\]$/);
  });

  it('report at most ten problems and how many more there are', () => {
    const state = new Map(
      Array.from({ length: 5 }, (_, i) => [`extra${i}`, { shape: [1], data: new Float32Array(1) }]),
    );
    const lines = messageOf(() => new TwoHeads().loadStateDict(state)).split('\n');
    expect(lines).toHaveLength(12);
    expect(lines[0]).toBe('the state dict does not fit in 14 places:');
    expect(lines.at(-1)).toBe('  ... and 4 more');
  });

  it('are loaded in part when not strict, but never with a wrong shape', () => {
    const model = new TwoHeads();
    const part = new Map([
      ['trunk.0.bias', { shape: [2], data: Float32Array.of(5, 6) }],
      ['extra', { shape: [1], data: new Float32Array(1) }],
    ]);
    const result = model.loadStateDict(part, { strict: false });
    expect(result.unexpectedKeys).toEqual(['extra']);
    expect(result.missingKeys).toEqual(KEYS.filter((key) => key !== 'trunk.0.bias'));
    expect([...model.stateDict().get('trunk.0.bias')!.data]).toEqual([5, 6]);

    part.set('trunk.0.bias', { shape: [1, 2], data: Float32Array.of(7, 8) });
    expect(() => model.loadStateDict(part, { strict: false })).toThrow('must have shape [2], got [1, 2]');
    part.set('trunk.0.bias', { shape: [2], data: Float32Array.of(7) });
    expect(() => model.loadStateDict(part, { strict: false })).toThrow('of shape [2] needs 2 values, got 1');
  });

  it('of PyTorch may hold batch counters; ours never do', () => {
    const model = new BatchNorm2d(2);
    const state = zeroState(model);
    expect([...state.keys()]).toEqual(['weight', 'bias', 'running_mean', 'running_var']);
    state.set('num_batches_tracked', { shape: [], data: Float32Array.of(7) });
    model.loadStateDict(state);
    const nested = new Sequential(new BatchNorm2d(2));
    const nestedState = new Map([...state].map(([key, tensor]) => [`0.${key}`, tensor]));
    expect(nested.loadStateDict(nestedState)).toEqual({ missingKeys: [], unexpectedKeys: [] });
  });
});

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}
