/** The options of the command line that say how a policy is trained: a config of PPO. */
import { resolve } from 'node:path';
import {
  balanceNames,
  checkPpoOption,
  PPO_DEFAULTS as DEFAULTS,
  environmentNames,
  isModule,
  type PpoConfig,
  PRESETS,
} from '@counterpoise/ppo';
import { alignedTable, BOUNDARIES } from '@counterpoise/training';
import type { Command } from 'commander';
import { collect, parsePriorities, parsersFor } from '../arguments.js';

const { checked, numberFor, wordFor } = parsersFor(checkPpoOption);

type Same = Omit<PpoConfig, 'environment' | 'balanceOptions' | 'balanceWraps' | 'priorities'>;

export interface PpoFlags extends Partial<Same> {
  readonly env?: string;
  readonly balanceOption?: readonly string[];
  readonly balanceWrap?: readonly string[];
  readonly priority?: Readonly<Record<string, number>>;
}

export function addPpoOptions(command: Command): Command {
  const list = (names: readonly string[]) => names.join(' | ');
  return command
    .option('--env <name>', `${list(environmentNames())}, or a module such as ./my-environment.mjs`)
    .option('--steps <n>', 'environment steps, all environments together', numberFor('steps'))
    .option('--seed <integer>', `of everything random (default: ${DEFAULTS.seed})`, numberFor('seed'))
    .option(
      '--reward-scale <factor>',
      `every reward times this before the training sees it; returns are told without (default: ${DEFAULTS.rewardScale})`,
      numberFor('rewardScale'),
    )
    .option(
      '--balance <name>',
      `how the losses policy and value are weighed: ${list(balanceNames())} (default: ${DEFAULTS.balance}); see below`,
      wordFor('balance'),
    )
    .option(
      '--balance-option <name=value>',
      'option of the balancing, repeatable; see "counterpoise methods NAME" (pop-art and fixed: see below)',
      collect,
    )
    .option(
      '--balance-wrap <name=value>',
      'wrapper round the method, repeatable: normalize=METHOD, smooth, clamp, update-every, warm-up, freeze-after',
      collect,
    )
    .option(
      '--balance-every <steps>',
      `weigh every so many minibatches and keep the weights in between (default: ${DEFAULTS.balanceEvery})`,
      numberFor('balanceEvery'),
    )
    .option(
      '--boundary <name>',
      `${list(BOUNDARIES)}: where gradients are measured, for methods that ask for them (default: parameters)`,
      wordFor('boundary'),
    )
    .option(
      '--priority <loss=number,...>',
      'priority of a loss, such as policy=1,value=2 (default: 1 each)',
      (text, previous?: Readonly<Record<string, number>>) => checked('priorities', parsePriorities(text, previous)),
    )
    .option(
      '--trunk <kind>',
      'shared | separate: hidden layers of policy and critic (default: shared)',
      wordFor('trunk'),
    )
    .option('--learning-rate <number>', 'of Adam', numberFor('learningRate'))
    .option('--anneal-learning-rate', 'let it fall linearly towards 0')
    .option('--no-anneal-learning-rate', 'keep it as it is')
    .option('--environments <n>', 'how many step together', numberFor('environments'))
    .option('--rollout-steps <n>', 'steps of each of them per rollout', numberFor('rolloutSteps'))
    .option('--minibatch <rows>', 'divides the rows of a rollout', numberFor('minibatch'))
    .option('--epochs <n>', 'passes over each rollout', numberFor('epochs'))
    .option('--gamma <number>', 'discount, in [0, 1]', numberFor('gamma'))
    .option('--lambda <number>', 'of generalized advantage estimation, in [0, 1]', numberFor('lambda'))
    .option('--clip <number>', 'how far the ratio of probabilities may go from 1', numberFor('clip'))
    .option('--clip-values', 'limit the step of the critic by it too')
    .option('--no-clip-values', 'let the critic move freely')
    .option('--entropy <coefficient>', 'of the entropy', numberFor('entropy'))
    .option('--value-coefficient <number>', 'of the value loss, with pop-art and fixed', numberFor('valueCoefficient'))
    .option('--max-grad-norm <number>', 'limit of the joint norm of the gradients', numberFor('maxGradNorm'))
    .option('--target-kl <number>', 'no further epoch beyond this KL divergence (default: none)', numberFor('targetKl'))
    .option('--normalize-observations', 'by their running mean and standard deviation')
    .option('--no-normalize-observations', 'take them as they are')
    .option('--bootstrap-truncation', 'add what an episode cut off by its time limit would have gone on to earn')
    .option('--no-bootstrap-truncation', 'do not, as CleanRL')
    .option('--measure-gradients', 'log the gradient norm of every loss; needs a shared trunk')
    .option('--threads <n>', `threads per operator (default: ${DEFAULTS.threads})`, numberFor('threads'))
    .addHelpText(
      'after',
      `\n${BALANCE_NOTE}\n\nDefaults by environment (others: those of CleanRL):\n\n${presetTable()}`,
    );
}

const BALANCE_NOTE = `pop-art, also called default: fixed coefficients and a critic that learns normalised returns, so that rewards of any size train alike.
fixed: policy + 0.5 value - 0.01 entropy, as PPO is usually written; it needs rewards of a size near 1.
Other names are methods of "counterpoise methods"; they weigh policy and value for a critic of normalised returns, and entropy keeps its share of
the policy. "--balance-option value-normalization=none" (or pop-art) goes with every name, and so does max-loss-grad-norm=0.5, a limit for every loss on its own.`;

function presetTable(): string {
  const flag = (value: boolean) => (value ? 'yes' : 'no');
  const cell = (value: number | boolean) => (typeof value === 'boolean' ? flag(value) : String(value));
  const entries = Object.entries(PRESETS);
  const names = Object.keys(entries[0]![1]) as (keyof (typeof entries)[number][1])[];
  const rows = names.map((name) => [kebab(name), ...entries.map(([, preset]) => cell(preset[name]))]);
  return alignedTable([['', ...entries.map(([name]) => name)], ...rows]).join('\n');
}

function kebab(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** What the command line says about the config; what it does not mention is absent. */
export function ppoConfigOf(flags: PpoFlags): Partial<PpoConfig> {
  const { env, balanceOption, balanceWrap, priority, ...same } = flags;
  return {
    ...same,
    ...(env !== undefined && { environment: isModule(env) ? resolve(env) : env }),
    ...(balanceOption && { balanceOptions: balanceOption }),
    ...(balanceWrap && { balanceWraps: balanceWrap }),
    ...(priority && { priorities: priority }),
  };
}
