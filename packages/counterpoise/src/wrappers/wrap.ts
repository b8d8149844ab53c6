import type { Need } from '../evidence.js';
import type { Json } from '../json.js';
import { defineMethod, type Method, type Rule, type Step, type Weights } from '../method.js';
import type { OptionSpecs, OptionValues } from '../options.js';
import { recordOf, type Shape } from '../shapes.js';

/** The memory of the method inside, and what the wrapper itself remembers. */
export type WrapperMemory<M extends Json, W extends Json> = { readonly method: M; readonly own: W };

interface Wrapper<M extends Json, W extends Json, B extends Need> {
  readonly name: string;
  readonly specs: OptionSpecs;
  readonly options: OptionValues;
  /** What the wrapper itself needs, beside the method inside. */
  readonly needs?: readonly B[];
  /** Default: that of the method inside. */
  readonly magnitude?: Rule<M, Need>['magnitude'];
  init(tasks: readonly string[]): W;
  shape(tasks: readonly string[]): Shape<W>;
  /** `ask` is the `weigh` of the method inside. */
  /** True where the step will not ask the method inside. */
  rests?(own: W): boolean;
  weigh(step: Step, memory: WrapperMemory<M, W>, ask: Rule<M, Need>['weigh']): Weights<WrapperMemory<M, W>>;
}

/**
 * A method round another method, itself wrappable. It works on the weights before priorities; `renormalise` of the method
 * inside is applied last, as without the wrapper. Name and options contain those inside, so that a state saved under
 * another composition is refused.
 */
export function wrap<M extends Json, N extends Need, W extends Json, B extends Need = never>(
  method: Method<M, N>,
  wrapper: Wrapper<M, W, B>,
): Method<WrapperMemory<M, W>, N | B> {
  const { magnitude = method.rule.magnitude, needs = [] } = wrapper;
  const { renormalise } = method.rule;
  return defineMethod<WrapperMemory<M, W>, N | B>({
    name: `${wrapper.name}(${method.name})`,
    needs: [...new Set([...method.needs, ...needs])] as (N | B)[],
    specs: wrapper.specs,
    options: { ...wrapper.options, method: method.options },
    ...(magnitude && { magnitude }),
    ...(renormalise && { renormalise }),
    init: (tasks) => ({ method: method.init(tasks).memory, own: wrapper.init(tasks) }),
    restore: (tasks, memory) =>
      recordOf<WrapperMemory<M, W>>({
        method: (value) => method.restore(tasks, value).memory,
        own: wrapper.shape(tasks),
      })(memory, '"state"'),
    needsNow: ({ method: inside, own }) => {
      if (wrapper.rests?.(own)) return needs;
      return [...new Set([...(method.rule.needsNow?.(inside) ?? method.needs), ...needs])];
    },
    weigh: (step, memory) => wrapper.weigh(step, memory, method.rule.weigh),
  });
}
