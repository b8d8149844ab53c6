/** Any method by its name, with the part that works on whole gradients where it has one. */
import { type Composition, CounterpoiseError, compose, type Json, type Method, type Need } from 'counterpoise';
import {
  type DbMtlMomentumOptions,
  forTask,
  type GradDropOptions,
  type GradvacLayersOptions,
  type MConfigOptions,
  type MocoOptions,
  resolveMethod,
  type TrimmedMeanOptions,
  type WholeGradientName,
} from 'counterpoise/catalog';
import { dbMtlStage } from './db-mtl.js';
import { excessMtlStage } from './excess-mtl.js';
import { drawsFrom, gradDropStage } from './grad-drop.js';
import { gradvacStage } from './gradvac.js';
import { mConfigStage } from './m-config.js';
import { mocoStage } from './moco.js';
import type { GradientStage } from './stage.js';
import { trimmedMeanStage } from './trimmed-mean.js';

export interface StepMethod {
  readonly method: Method<Json, Need>;
  /** For `compileBalancedStep`; absent for a method that needs numbers alone. It holds state: one per training. */
  readonly stage: GradientStage | undefined;
}

/** From all options of a method, defaults filled in. */
type StageOf<O> = (options: Required<O>) => GradientStage;

const stages = {
  'grad-drop': (({ leak, seed }) =>
    gradDropStage((loss) => forTask(leak, loss, 0), drawsFrom(seed))) satisfies StageOf<GradDropOptions>,
  'trimmed-mean': (({ trim }) => trimmedMeanStage(trim)) satisfies StageOf<TrimmedMeanOptions>,
  moco: (({ beta }) => mocoStage(beta)) satisfies StageOf<MocoOptions>,
  'excess-mtl': excessMtlStage,
  'm-config': (({ beta1, beta2 }) => mConfigStage(beta1, beta2)) satisfies StageOf<MConfigOptions>,
  'db-mtl': (({ momentum, epsilon }) => dbMtlStage(momentum, epsilon)) satisfies StageOf<DbMtlMomentumOptions>,
  gradvac: gradvacStage satisfies StageOf<GradvacLayersOptions>,
};

/** Those that work entry by entry on weighted gradients, so that weights made of losses may come first. */
const NORMALISABLE: readonly string[] = ['grad-drop', 'trimmed-mean'];

/**
 * A method by its name, with wrappers round it.
 * @throws CounterpoiseError on an unknown method, wrong options, and `normalize` round a method that cannot have it.
 */
export function createStepMethod(
  name: string,
  options: Readonly<Record<string, unknown>> = {},
  composition: Composition<Need> = {},
): StepMethod {
  const { method, wholeGradients } = resolveMethod(name, options);
  if (wholeGradients && composition.normalize && !NORMALISABLE.includes(name)) {
    throw new CounterpoiseError(
      'option',
      `"normalize" does not go with ${name}: it would rescale losses and norms, but not the gradients kept in the graph`,
    );
  }
  const create = stages[name as WholeGradientName] as StageOf<Readonly<Record<string, unknown>>>;
  return { method: compose(method, composition), stage: wholeGradients ? create(method.options) : undefined };
}
