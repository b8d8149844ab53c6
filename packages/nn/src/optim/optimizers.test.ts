import { Input, type Variable } from '@counterpoise/engine';
import { describe, expect, it } from 'vitest';
import { operationsBefore } from '../../../engine/src/graph/traverse.js';
import { zeros } from '../init.js';
import { Parameter } from '../parameter.js';
import { Adam, AdamW } from './adam.js';
import type { NamedParameter, Optimizer } from './optimizer.js';
import { SGD } from './sgd.js';
import { stepper } from './steps.test.helper.js';

// Five steps in PyTorch 1.13, float64, from a = [[1, -2], [0.5, 3]] and b = [0.25, -1.5, 2], at step t (from 0) with the
// gradient ((7 i + 5 t) mod 11 - 5) / 8 for the i-th of the seven values and these learning rates. All settings are exact
// in float32, as the constants of the graph are.
const LEARNING_RATES = [0.125, 0.25, 0.0625, 0.125, 0.03125];
const gradient = (step: number, i: number) => (((7 * i + 5 * step) % 11) - 5) / 8;

const ADAM = { betas: [0.875, 0.984375], eps: 2 ** -10 } as const;
const SGD_DECAY = { momentum: 0.875, weightDecay: 0.0625 };

/** The first group at half the rate, the second without decay. */
const groups = ([a, b]: NamedParameter[]) => [
  { params: [a!], lrFactor: 0.5 },
  { params: [b!], weightDecay: 0 },
];

const PYTORCH: Record<string, [(params: NamedParameter[]) => Optimizer, number[]]> = {
  SGD: [(params) => new SGD(params), [1.0390625, -1.8359375, 0.4453125, 2.94140625, 0.31640625, -1.48046875, 2.015625]],
  'SGD with weight decay': [
    (params) => new SGD(params, { weightDecay: 0.0625 }),
    [
      1.000528392913111, -1.7635761452984298, 0.4272063190837798, 2.8336430512354127, 0.30573043889125984,
      -1.4263279342012538, 1.9434923612716375,
    ],
  ],
  'SGD with momentum': [
    (params) => new SGD(params, SGD_DECAY),
    [
      1.1029321999594686, -1.6830904475791613, 0.47577140805879026, 2.4407553594428464, 0.33785999423525936,
      -1.2056270672219398, 1.6797065029822988,
    ],
  ],
  'SGD with dampening': [
    (params) => new SGD(params, { ...SGD_DECAY, dampening: 0.25 }),
    [
      1.1464162919781131, -1.7769223391251785, 0.5083583507706493, 2.4801082455197445, 0.29927632767117274,
      -1.2214709527365955, 1.682736267889311,
    ],
  ],
  'SGD with Nesterov momentum': [
    (params) => new SGD(params, { ...SGD_DECAY, nesterov: true }),
    [
      1.0861457880029677, -1.4902940961999955, 0.4066935131071975, 2.353977194442151, 0.37945593997149235,
      -1.173041501671765, 1.6691759333579292,
    ],
  ],
  'SGD with groups': [
    (params) => new SGD(groups(params), SGD_DECAY),
    [
      1.0528980701985802, -1.840826605163329, 0.48792485010824294, 2.717671718078009, 0.36031246185302734,
      -1.3218202590942383, 1.8343925476074219,
    ],
  ],
  Adam: [
    (params) => new Adam(params, ADAM),
    [
      1.2742231821654086, -1.9432645543954643, 0.5813208583286548, 2.6447614267069426, 0.2857040070950653,
      -1.248941438838896, 1.762316345073865,
    ],
  ],
  'Adam with weight decay': [
    (params) => new Adam(params, { ...ADAM, weightDecay: 0.0625 }),
    [
      1.2164292584065566, -1.8357528790609252, 0.5348421148397442, 2.5449599301240275, 0.2730394188613301,
      -1.1534755034489226, 1.652179030467813,
    ],
  ],
  AdamW: [
    (params) => new AdamW(params, { ...ADAM, weightDecay: 0.0625 }),
    [
      1.2317993582291369, -1.8679134192175668, 0.5601320106863423, 2.5407551500142764, 0.2778407004304148,
      -1.1984967634786814, 1.6939048502709786,
    ],
  ],
  'AdamW with groups': [
    (params) => new AdamW(groups(params), { ...ADAM, weightDecay: 0.0625 }),
    [
      1.1172234289042888, -1.9342370584685002, 0.5307209977183042, 2.7685532878586354, 0.2857040070950653,
      -1.248941438838896, 1.762316345073865,
    ],
  ],
};

// The defaults, such as beta2 = 0.999, are rounded to float32 in the graph: seven digits.
const PYTORCH_DEFAULTS: typeof PYTORCH = {
  Adam: [
    (params) => new Adam(params),
    [
      1.2805566055077646, -1.9485834518558953, 0.5854315697013514, 2.639528716477152, 0.28519993669794286,
      -1.2444345115865816, 1.756102247007333,
    ],
  ],
  AdamW: [
    (params) => new AdamW(params),
    [
      1.2736884181071961, -1.936381864315466, 0.5819951267761306, 2.622702351955192, 0.2839369776126039,
      -1.2362781346606286, 1.7450383836223942,
    ],
  ],
};

function named(): [string, Parameter][] {
  const a = new Parameter('a', [2, 2], zeros());
  const b = new Parameter('b', [3], zeros());
  a.data.set([1, -2, 0.5, 3]);
  b.data.set([0.25, -1.5, 2]);
  return [
    ['a', a],
    ['b', b],
  ];
}

const gradientsAt = (step: number) =>
  [
    [0, 1, 2, 3],
    [4, 5, 6],
  ].map((indices) => indices.map((i) => gradient(step - 1, i)));

function trained(make: (params: NamedParameter[]) => Optimizer): number[] {
  const params = named();
  const run = stepper(make(params), gradientsAt);
  let variables: ReturnType<typeof run> = new Map();
  for (const [t, rate] of LEARNING_RATES.entries()) variables = run(t + 1, rate, variables);
  return params.flatMap(([, parameter]) => Array.from(variables.get(parameter)!));
}

describe('five steps are those of PyTorch', () => {
  it.each(Object.entries(PYTORCH))('%s', (_name, [make, expected]) => {
    for (const [i, value] of trained(make).entries()) expect(value).toBeCloseTo(expected[i]!, 13);
  });

  it.each(Object.entries(PYTORCH_DEFAULTS))('%s by default', (_name, [make, expected]) => {
    for (const [i, value] of trained(make).entries()) expect(value).toBeCloseTo(expected[i]!, 6);
  });
});

describe('the graph', () => {
  const operationsOf = (optimizer: Optimizer) => {
    const inputs = optimizer.parameters.map(({ shape }) => new Input('gradient', shape));
    const updates = optimizer.updates(inputs, new Input('learning_rate', []));
    return operationsBefore(updates.map(({ value }) => value)).length;
  };

  it('has few operations per parameter', () => {
    expect(operationsOf(new SGD(named()))).toBe(2 * 2);
    expect(operationsOf(new SGD(named(), { momentum: 0.9 }))).toBe(2 * 4);
    expect(operationsOf(new SGD(named(), { momentum: 0.9, weightDecay: 1e-4 }))).toBe(2 * 6);
    expect(operationsOf(new Adam(named()))).toBe(2 * 12 + 1);
  });

  it('leaves a parameter without gradient as it is', () => {
    const params = named();
    const optimizer = new SGD(params, { momentum: 0.5, weightDecay: 0.5 });
    const g = new Input('gradient', [3]);
    const updates = optimizer.updates([undefined, g], new Input('learning_rate', []));
    expect(updates.map(({ variable }) => variable.name)).toEqual(['b.momentum_buffer', 'b']);
  });

  it('leaves frozen parameters out', () => {
    const params = named();
    params[0]![1].requiresGrad = false;
    const optimizer = new Adam(params);
    expect(optimizer.parameters).toEqual([params[1]![1]]);
    expect([...optimizer.stateDict().keys()]).toEqual(['b.exp_avg', 'b.exp_avg_sq']);
  });
});

describe('resuming', () => {
  it('from stateDict goes on as if undisturbed', () => {
    const make = (params: NamedParameter[]) => new AdamW(params, ADAM);
    const trainer = (params: NamedParameter[]) => {
      const optimizer = make(params);
      const run = stepper(optimizer, gradientsAt);
      const step = (number: number) => {
        for (const [variable, values] of run(number, 0.125)) (variable as Variable).data.set(values);
      };
      return { optimizer, step };
    };

    const params = named();
    const undisturbed = trainer(params);
    for (const number of [1, 2]) undisturbed.step(number);

    const restarted = named();
    for (const [i, [, parameter]] of restarted.entries()) parameter.data.set(params[i]![1].data);
    const resumed = trainer(restarted);
    resumed.optimizer.loadStateDict(undisturbed.optimizer.stateDict());
    for (const number of [3, 4]) {
      undisturbed.step(number);
      resumed.step(number);
    }
    expect(resumed.optimizer.stateDict()).toEqual(undisturbed.optimizer.stateDict());
    expect(restarted.map(([, { data }]) => data)).toEqual(params.map(([, { data }]) => data));
  });

  it('refuses the state of another optimiser', () => {
    const sgd = new SGD(named(), { momentum: 0.9 });
    expect(() => new Adam(named()).loadStateDict(sgd.stateDict())).toThrow('missing "a.exp_avg" [2, 2]');
    expect(sgd.stateDict().get('b.momentum_buffer')).toEqual({ dtype: 'F32', shape: [3], data: new Float32Array(3) });
  });
});

describe('host scalars', () => {
  it('are what changes from step to step, and nothing else', () => {
    expect(new SGD(named(), { momentum: 0.9 }).feeds(1)).toEqual({});
    const dampened = new SGD(named(), { momentum: 0.9, dampening: 0.1 });
    expect([dampened.feeds(1), dampened.feeds(2)]).toEqual([
      { 'sgd.gradient_share': 1 },
      { 'sgd.gradient_share': 0.9 },
    ]);
    const root = Math.sqrt(1 - 0.999 ** 3);
    expect(new Adam(named()).feeds(3)).toEqual({
      'adam.step_factor': root / (1 - 0.9 ** 3),
      'adam.epsilon': root * 1e-8,
    });
    expect(() => new Adam(named()).feeds(0)).toThrow('"step" must be a whole number of 1 or more, got 0');
  });
});

describe('bad arguments', () => {
  it.each([
    [() => new SGD(named(), { momentum: 1 }), '"momentum" must be in [0, 1), got 1'],
    [() => new SGD(named(), { momentum: 0.9, dampening: -1 }), '"dampening" must be in [0, 1), got -1'],
    [() => new SGD(named(), { weightDecay: Number.NaN }), '"weightDecay" must be a number of 0 or more, got NaN'],
    [() => new SGD(named(), { nesterov: true }), '"nesterov" needs "momentum" above 0 and "dampening" 0'],
    [() => new Adam(named(), { betas: [0.9, 1] }), '"betas[1]" must be in [0, 1), got 1'],
    [() => new Adam(named(), { eps: -1 }), '"eps" must be a number of 0 or more, got -1'],
    [() => new AdamW([{ params: named(), lrFactor: -1 }]), '"lrFactor" must be a number of 0 or more, got -1'],
    [() => new AdamW([{ params: named(), weightDecay: -1 }]), '"weightDecay" must be a number of 0 or more, got -1'],
    [() => new SGD([]), '"params" must hold a parameter that is not frozen, got none'],
    [() => new SGD([...named(), { params: named() }] as never), 'named parameters or groups of them, not both'],
  ])('%#', (make, message) => {
    expect(make).toThrow(message);
  });

  it('a parameter in two groups', () => {
    const params = named();
    expect(() => new SGD([{ params }, { params }])).toThrow('"params" holds the parameter "a" twice');
  });

  it('gradients or a learning rate that do not fit', () => {
    const optimizer = new SGD(named());
    const rate = new Input('learning_rate', []);
    const [a, b] = [new Input('a', [2, 2]), new Input('b', [3])];
    expect(() => optimizer.updates([a], rate)).toThrow('"gradients" must hold one per parameter, 2, got 1');
    expect(() => optimizer.updates([b, a], rate)).toThrow('the gradient of "a" must have shape [2, 2], got [3]');
    expect(() => optimizer.updates([a, b], b)).toThrow('"learningRate" must be a scalar of shape [], got [3]');
  });
});
