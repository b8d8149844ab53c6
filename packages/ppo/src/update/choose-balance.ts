/** How the losses of PPO are balanced, by a name and texts as a command line gives them. */
import { compose, type Json, type Method, type Need } from 'counterpoise';
import { allMethods, methods, parseComposition, parseOptions, resolveMethod } from 'counterpoise/catalog';
import { positive } from '../options.js';
import { type Coefficients, exemptEntropy, fixedCoefficients } from './balancing.js';
import { clipLosses } from './clip-losses.js';
import { VALUE_NORMALIZATIONS, type ValueNormalization } from './value-normalization.js';

/** Belongs into the options of `createPpoTrainer`. */
export interface ChosenBalance {
  readonly method: Method<Json, Need>;
  readonly valueNormalization: ValueNormalization;
}

/** Names of fixed coefficients. */
export const FIXED: readonly string[] = ['default', 'pop-art', 'fixed'];

/** Methods of numbers that PPO cannot use, and why. */
const UNUSABLE: Readonly<Record<string, string>> = {
  sdmgrad: 'compares batches, and PPO learns from one at a time',
  modo: 'compares batches, and PPO learns from one at a time',
  cosmos: 'may weigh a loss negatively, and the policy would unlearn',
  pbi: 'may weigh a loss negatively, and the policy would unlearn',
};

/** All names that `chooseBalance` takes. */
export function balanceNames(): string[] {
  return [...FIXED, ...Object.keys(methods).filter((name) => !Object.hasOwn(UNUSABLE, name))];
}

/**
 * - `pop-art`, also called `default`: fixed coefficients, for a critic of normalised returns. Rewards of any size train alike.
 * - `fixed`: the coefficients of the literature, for a critic of returns as they are.
 * - a method of `counterpoise/catalog`: weighs policy and value, see `exemptEntropy`, for a critic of normalised returns. Weights
 *   alone cannot teach a critic returns of another size: what its head says grows by steps of the learning rate.
 *
 * @param options `name=value`: those of the method, and of every name `value-normalization=none` (or `pop-art`) and
 * `max-loss-grad-norm=0.5`, a limit for each loss on its own, see `clipLosses`.
 * @param coefficients of `pop-art` and `fixed`; the other methods take that of the entropy alone.
 * @param wraps `name=value`, wrappers round the method as `parseComposition` reads them.
 * @throws RangeError or CounterpoiseError, one line that names what is wrong.
 */
export function chooseBalance(
  name: string,
  options: readonly string[] = [],
  coefficients: Coefficients = {},
  wraps: readonly string[] = [],
): ChosenBalance {
  const isFixed = FIXED.includes(name);
  const { valueNormalization, maxLossGradNorm, others } = ownOptions(options);
  if (isFixed) {
    const [extra] = [...others, ...wraps];
    if (extra !== undefined) throw new RangeError(`${name} has fixed coefficients and takes no "${extra}"`);
  }
  const method = isFixed
    ? (fixedCoefficients(coefficients) as Method<Json, Need>)
    : exemptEntropy(compose(fromCatalog(name, others), parseComposition(wraps)), coefficients.entropy);
  return {
    method: maxLossGradNorm === undefined ? method : clipLosses(method, maxLossGradNorm),
    valueNormalization: valueNormalization ?? (name === 'fixed' ? 'none' : 'pop-art'),
  };
}

/** The options that belong to PPO and not to a method. */
function ownOptions(options: readonly string[]) {
  const own = new Map<string, string>();
  const others: string[] = [];
  for (const text of options) {
    const [name, value] = [text.replace(/=.*/s, '').trim(), text.replace(/^[^=]*=?/, '').trim()];
    if (name !== 'value-normalization' && name !== 'max-loss-grad-norm') others.push(text);
    else if (own.has(name)) throw new RangeError(`"${name}" is given twice`);
    else own.set(name, value);
  }
  const normalization = own.get('value-normalization');
  const valueNormalization = VALUE_NORMALIZATIONS.find((known) => known === normalization);
  if (normalization !== undefined && valueNormalization === undefined) {
    throw new RangeError(`"value-normalization" must be none or pop-art, got "${normalization}"`);
  }
  const limit = own.get('max-loss-grad-norm');
  // Of an empty text Number makes 0, which is refused as well.
  const maxLossGradNorm = limit === undefined ? undefined : positive('max-loss-grad-norm', Number(limit));
  return { valueNormalization, maxLossGradNorm, others };
}

function fromCatalog(name: string, options: readonly string[]): Method<Json, Need> {
  if (!Object.hasOwn(allMethods, name)) {
    throw new RangeError(`"balance" must be one of ${balanceNames().join(', ')}, got ${name}`);
  }
  if (Object.hasOwn(UNUSABLE, name)) throw new RangeError(`${name} ${UNUSABLE[name]}`);
  const { method, wholeGradients } = resolveMethod(name, parseOptions(name, options));
  if (wholeGradients) throw new RangeError(`${name} works on whole gradients, and PPO balances by numbers alone`);
  return method;
}
