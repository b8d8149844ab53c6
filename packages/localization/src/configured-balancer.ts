/** The balancer that a config asks for. */
import { createStepMethod, type GradientStage } from '@counterpoise/training';
import { Balancer, type Need } from 'counterpoise';
import { parseComposition, parseOptions } from 'counterpoise/catalog';
import { type LocalizerConfig, OptionError } from './config.js';
import { lossNames, prioritiesByLoss } from './losses.js';

export interface ConfiguredBalancer {
  readonly balancer: Balancer<Need>;
  /** The part of a method of whole gradients that works on them. */
  readonly stage: GradientStage | undefined;
}

/** @throws CounterpoiseError if method, options, wrappers and priorities do not fit, OptionError for two numbers of steps. */
export function createConfiguredBalancer(config: LocalizerConfig): ConfiguredBalancer {
  const { balance, balanceOptions, balanceWraps, balanceEvery, priorities, boxLosses } = config;
  const composition = parseComposition(balanceWraps);
  if (balanceEvery > 1 && composition.updateEvery !== undefined) {
    throw new OptionError('"balanceEvery" and the wrapper update-every say the same: give one');
  }
  const { method, stage } = createStepMethod(balance, parseOptions(balance, balanceOptions), {
    ...composition,
    ...(balanceEvery > 1 && { updateEvery: balanceEvery }),
  });
  const settings = { priorities: prioritiesByLoss(priorities, boxLosses), tasks: lossNames(boxLosses) };
  return { balancer: new Balancer(method, settings), stage };
}
