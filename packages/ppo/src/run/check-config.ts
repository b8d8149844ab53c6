/** What is possible in a config, option by option and together. */
import { BOUNDARIES, gradientNeeds, type RunFolder } from '@counterpoise/training';
import { FIXED } from '../update/choose-balance.js';
import { LOSS_NAMES } from '../update/learn-graph.js';
import type { PpoConfig, PpoPreset } from './config.js';
import { configuredBalance } from './configured-balance.js';
import {
  type Check,
  choice,
  flag,
  integer,
  isShare,
  number,
  orNull,
  refuse,
  text,
  textList,
  wrong,
} from './option-checks.js';

/** What no preset says. */
export const PPO_DEFAULTS = {
  seed: 1,
  rewardScale: 1,
  trunk: 'shared',
  targetKl: null,
  balance: 'pop-art',
  balanceOptions: [],
  balanceWraps: [],
  boundary: null,
  balanceEvery: 1,
  priorities: {},
  measureGradients: false,
  threads: 1,
} as const satisfies Partial<PpoConfig>;

/**
 * Fills in defaults and checks everything.
 * @param preset `presetFor` of the environment.
 * @throws CounterpoiseError with the code `option` that names the option.
 */
export function completePpoConfig(
  given: Partial<PpoConfig> & Pick<PpoConfig, 'environment'>,
  preset: PpoPreset,
): PpoConfig {
  const merged = {
    // First, since it is read first.
    environment: given.environment,
    ...preset,
    ...PPO_DEFAULTS,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  };
  const checked = checkPpoConfig(merged);
  if (given.valueCoefficient !== undefined && !FIXED.includes(checked.balance)) {
    throw refuse(
      `"valueCoefficient" does nothing with ${checked.balance}, which weighs the value loss itself: leave it out`,
    );
  }
  return checked;
}

/** Of a rollout, which is in memory as a whole. */
const MAX_ROWS = 2 ** 24;

const CHECKS: { readonly [K in keyof PpoConfig]: Check } = {
  environment: text,
  steps: integer(1),
  seed: integer(-Number.MAX_SAFE_INTEGER),
  rewardScale: number((value) => value > 0, 'greater than 0'),
  trunk: choice(['shared', 'separate']),
  environments: integer(1, 4096),
  rolloutSteps: integer(1, 1_000_000),
  minibatch: integer(1),
  epochs: integer(1, 10_000),
  learningRate: number((value) => value > 0, 'greater than 0'),
  annealLearningRate: flag,
  gamma: number(isShare, 'in [0, 1]'),
  lambda: number(isShare, 'in [0, 1]'),
  clip: number((value) => value > 0, 'greater than 0'),
  clipValues: flag,
  entropy: number((value) => value >= 0, 'of 0 or more'),
  valueCoefficient: number((value) => value >= 0, 'of 0 or more'),
  maxGradNorm: number((value) => value > 0, 'greater than 0'),
  targetKl: orNull(number((value) => value > 0, 'greater than 0')),
  normalizeObservations: flag,
  bootstrapTruncation: flag,
  balance: text,
  balanceOptions: textList,
  balanceWraps: textList,
  boundary: orNull(choice(BOUNDARIES)),
  balanceEvery: integer(1, 1_000_000_000),
  priorities: priorityTable,
  measureGradients: flag,
  threads: integer(1, 1024),
};

/** Checks one option on its own. @throws CounterpoiseError that names it. */
export function checkPpoOption(name: keyof PpoConfig, value: unknown): void {
  CHECKS[name](name, value);
}

/** @throws CounterpoiseError if an option is missing, unknown or wrong, also where it comes from an edited config.json. */
export function checkPpoConfig(config: { readonly [option: string]: unknown }): PpoConfig {
  const unknown = Object.keys(config).find((name) => !Object.hasOwn(CHECKS, name));
  if (unknown !== undefined) throw refuse(`there is no option "${unknown}"`);
  for (const name of Object.keys(CHECKS) as (keyof PpoConfig)[]) checkPpoOption(name, config[name]);
  const checked = config as unknown as PpoConfig;
  const { environments, rolloutSteps, minibatch, steps, trunk, balance, measureGradients } = checked;
  const rows = environments * rolloutSteps;
  if (rows > MAX_ROWS) throw refuse(`"environments" times "rolloutSteps" must be at most ${MAX_ROWS}, got ${rows}`);
  if (rows % minibatch !== 0) {
    throw refuse(`"minibatch" must divide the ${rows} rows of a rollout, got ${minibatch}`);
  }
  if (steps < rows) throw refuse(`"steps" must be at least one rollout, ${rows}, got ${steps}`);
  const { method } = configuredBalance(checked);
  if (trunk === 'separate' && (measureGradients || gradientNeeds(method.needs).length > 0)) {
    const limited = checked.balanceOptions.some((option) => option.trim().startsWith('max-loss-grad-norm'));
    const balancing = limited ? '"max-loss-grad-norm"' : `${balance}, which compares gradients`;
    const asking = measureGradients ? '"measureGradients"' : balancing;
    throw refuse(`"trunk" must be shared with ${asking}: separate networks share no parameter`);
  }
  return checked;
}

/** The config of a run. @throws Error that names the folder if its options are wrong. */
export function checkPpoRun(run: Pick<RunFolder, 'path' | 'config'>): PpoConfig {
  try {
    return checkPpoConfig(run.config);
  } catch (error) {
    throw new Error(`"${run.path}": config.json: ${(error as Error).message}`, { cause: error });
  }
}

/** Whether a run folder is of PPO; others are of the localizer. */
export function isPpoRun({ config }: Pick<RunFolder, 'config'>): boolean {
  return Object.hasOwn(config, 'environment') && Object.hasOwn(config, 'rolloutSteps');
}

function priorityTable(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrong(name, 'an object of numbers by loss', value);
  }
  for (const [loss, priority] of Object.entries(value)) {
    if (!(LOSS_NAMES as readonly string[]).includes(loss)) {
      throw refuse(`"${name}" must be of the losses ${LOSS_NAMES.join(', ')}, got "${loss}"`);
    }
    if (typeof priority !== 'number' || !(priority >= 0 && Number.isFinite(priority))) {
      throw wrong(`${name}" of loss "${loss}`, 'a number of 0 or more', priority);
    }
  }
}
