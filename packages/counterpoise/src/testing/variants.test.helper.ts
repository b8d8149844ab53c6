import { isDeepStrictEqual } from 'node:util';
import type { MethodName } from '../create-method.js';
import type { Need } from '../evidence.js';
import { createMethod, ema, logSum, runningMax } from '../index.js';
import type { Json } from '../json.js';
import type { Method } from '../method.js';
import type { Family } from '../method-row.js';
import { type AnyMethodRow, methods } from '../registry.js';
import { clamp } from '../wrappers/clamp.js';
import { compose } from '../wrappers/compose.js';
import { freeze } from '../wrappers/freeze.js';
import { normalizeFirst } from '../wrappers/normalize-first.js';
import { smooth } from '../wrappers/smooth.js';
import { updateEvery } from '../wrappers/update-every.js';
import { warmUp } from '../wrappers/warm-up.js';

type Options = Readonly<Record<string, unknown>>;

// Every method with the options that its properties are claimed for (the first entry: the defaults, where there are any),
// and every option at least once. A new method: add its line; the conformance suite fails until it has one.
const shared: readonly Options[] = [
  { warmup: 2 },
  { epsilon: 1e-3 },
  { relativeEpsilon: 0.01 },
  { includeCurrent: false },
  { renormalise: 'sum-k' },
  { renormalise: 'preserve-total' },
  { reduction: 'mean', fixed: { class: 0.1 } },
];
const sized: readonly Options[] = [{ absolute: true }, { lowerBound: -10 }];

const fixed = {
  sum: [{}],
  mean: [{}],
  static: [{ weights: 0.5 }, { weights: -2 }],
  random: [
    {},
    { seed: 7, distribution: 'uniform' },
    { distribution: 'dirichlet' },
    { distribution: 'bernoulli' },
    { distribution: 'constrained-bernoulli' },
  ],
} satisfies Variants;

const statistics = {
  'running-max': [{}, { decay: 0.9 }, { window: 3 }, { window: 4, quantile: 0.5 }, ...shared, ...sized],
  ema: [{}, { beta: 0 }, { beta: 0.5, includeCurrent: false, renormalise: 'sum-k' }, ...shared, ...sized],
  'running-mean': [{}, ...shared, ...sized],
  'running-quantile': [{}, { quantile: 0.9, window: 3 }, ...shared, ...sized],
  'running-rms': [{}, { beta: 0.9 }, ...shared],
  'z-score': [{}, { beta: 0.9, floor: 0.5 }, ...shared],
  'initial-loss': [{}, { steps: 3 }, ...shared, ...sized],
} satisfies Variants;

const losses = {
  'log-sum': [{}, { lowerBound: -2, epsilon: 1e-3 }],
  'geometric-mean': [{}, { lowerBound: -2, epsilon: 1e-3 }],
  dwa: [{}, { temperature: 0.5 }, { window: 2 }],
  'uncertainty-softmax': [{}, { temperature: 0.1 }],
  cov: [{}, { decay: 0.9 }],
  'soft-adapt': [{}, { variant: 'normalized', beta: -0.5, order: 3 }, { variant: 'loss-weighted', order: 5 }],
  relobralo: [{}, { temperature: 0.1, alpha: 0.5, rho: 0.5, seed: 3 }],
  stch: [{}, { mu: 0.1, preference: 2, lowerBound: -5 }, { nadir: 1 }],
  tchebycheff: [{}, { preference: 2, lowerBound: -5 }],
  cosmos: [{}, { lambda: 0.1, preference: 2 }],
  pbi: [{}, { theta: 0.5, preference: 2, lowerBound: -5, epsilon: 0.1 }],
  'self-balance': [{}, { reference: 'class' }],
} satisfies Variants;

const learned = {
  uncertainty: [{}, { form: 'plain', initial: 0, learningRate: 0.5 }],
  'uncertainty-log1p': [{}, { initial: 1, learningRate: 0.5 }],
  'imtl-l': [{}, { initial: 0, learningRate: 0.5 }],
  famo: [{}, { learningRate: 0.5, weightDecay: 0.1 }, { lowerBound: -3, epsilon: 1e-3 }],
} satisfies Variants;

const norms = {
  'grad-norm': [
    {},
    { alpha: 0.12, parametrisation: 'additive', learningRate: 0.1 },
    { parametrisation: 'softmax', initialLoss: 2 },
  ],
  'norm-equalize': [{}, { beta: 0, relativeEpsilon: 0.01 }],
  encodec: [{}, { preference: 2, totalNorm: 3, beta: 0.5, epsilon: 1e-3 }],
  'pinn-annealing': [{}, { every: 2, alpha: 0.5, reference: 'class' }, { statistic: 'max-mean', relativeEpsilon: 0.1 }],
  jaxpi: [{}, { momentum: 0.5, every: 2, relativeEpsilon: 0.1 }],
  'db-mtl': [{}, { epsilon: 1e-3 }],
} satisfies Variants;

const gramian = {
  mgda: [
    {},
    { normalization: 'l2' },
    { normalization: 'loss' },
    { normalization: 'loss+' },
    { solver: 'frank-wolfe', epsilon: 1e-9, iterations: 50 },
  ],
  upgrad: [{}, { preference: 2, regularization: 1e-4 }],
  dualproj: [{}, { preference: 2, regularization: 1e-4 }],
  cagrad: [{}, { c: 0.9, rescale: '1+c^2' }],
  'nash-mtl': [{}, { maxNorm: 1 }],
  fairgrad: [{}, { alpha: 1 }, { alpha: 5 }],
  'aligned-mtl': [{}, { scaleMode: 'median', preference: 2 }, { scaleMode: 'rmse', precision: 'float32' }],
  config: [{}, { preference: 2 }],
  pcgrad: [{}, { order: 'ascending', reduction: 'mean' }, { seed: 5 }],
  gradvac: [{}, { order: 'ascending', beta: 0.01, epsilon: 1e-8 }, { seed: 5 }],
  'imtl-g': [{}],
  imtl: [{}, { initial: 0, learningRate: 0.5 }],
  krum: [{}, { byzantine: 1, selected: 2 }],
  sdmgrad: [{}, { lambda: 0.6, learningRate: 1, iterations: 5, momentum: 0, epsilon: 1e-3 }],
  modo: [{}, { learningRate: 0.01, rho: 1 }],
} satisfies Variants;

type Variants = Partial<Record<MethodName, readonly Options[]>>;

export const methodVariants: Readonly<Record<MethodName, readonly Options[]>> = {
  ...fixed,
  ...statistics,
  ...losses,
  ...learned,
  ...norms,
  ...gramian,
};

/** Methods that may give a task with a regular loss the weight 0, or a negative one. */
const ANY_SIGN = new Set(['random', 'static', 'tchebycheff', 'cosmos', 'pbi', 'self-balance']);

/** Options with which a method that takes losses of any sign needs their size. */
const SIZED = [{ nadir: 1 }, { normalization: 'loss' }, { normalization: 'loss+' }];

export interface Variant {
  readonly label: string;
  readonly family: Family;
  readonly create: () => Method<Json, Need>;
  /** Every finite loss of a task that takes part has a weight above 0. */
  readonly positive: boolean;
  /** Takes negative losses. */
  readonly signed: boolean;
  readonly symmetric: boolean;
  /** Sees gradients. */
  readonly sees: boolean;
}

function variantsOf(row: AnyMethodRow): Variant[] {
  return methodVariants[row.name as MethodName].map((options) => {
    const sees = row.family === 'norms' || row.family === 'gramian';
    return {
      label: `${row.name} ${JSON.stringify(options)}`,
      family: row.family,
      create: () => createMethod<string>(row.name, options) as Method<Json, Need>,
      positive: !sees && !ANY_SIGN.has(row.name),
      signed:
        (row.properties.includes('signed') && !SIZED.some((option) => isDeepStrictEqual(option, options))) ||
        options.absolute === true ||
        options.lowerBound !== undefined,
      symmetric: row.properties.includes('symmetric'),
      sees,
    };
  });
}

/** The wrappers, each round a method or two of which it could spoil something. */
function wrapped(): Variant[] {
  const shown = (create: Variant['create'], traits: Partial<Variant> = {}): Variant => {
    const defaults = { family: 'losses', positive: true, signed: false, symmetric: true, sees: false } as const;
    return { label: create().name, create, ...defaults, ...traits };
  };
  const any = (name: string) => createMethod<string>(name) as Method<Json, Need>;
  return [
    shown(() => smooth(runningMax({ renormalise: 'sum-k', includeCurrent: false }))),
    shown(() => clamp(ema({ includeCurrent: false }), { ratio: 10 })),
    shown(() => updateEvery(logSum(), { steps: 3 })),
    shown(() => warmUp(ema(), { steps: 2 })),
    shown(() => freeze(logSum(), { after: 3 })),
    shown(() => normalizeFirst(runningMax(), ema())),
    shown(() => compose(any('random'), { normalize: ema(), smooth: 0.5, clamp: 100, warmUp: 1 }), { symmetric: false }),
    ...['pcgrad', 'upgrad', 'imtl-g', 'nash-mtl', 'grad-norm', 'famo'].map((name) =>
      shown(
        () =>
          compose(any(name), {
            normalize: ema(),
            smooth: 0.5,
            clamp: 1e4,
            updateEvery: 2,
            warmUp: 1,
            freezeAfter: 5,
          }),
        { positive: false, sees: name !== 'famo', symmetric: name !== 'pcgrad' },
      ),
    ),
  ];
}

export const allVariants: readonly Variant[] = [
  ...Object.values(methods).flatMap((row) => variantsOf(row as unknown as AnyMethodRow)),
  ...wrapped(),
];
