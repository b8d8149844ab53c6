/**
 * The balanced training step, for any model:
 *
 *     forward -> losses L_k to the host -> balancer.weigh -> weights w_k -> backward of sum_k w_k L_k -> update
 *                    \__ the gradient of each loss, for methods that ask for it __/
 *
 * The graph is compiled once; its phases are models that share their memory. The weights enter as inputs, so they are
 * constants for the gradient whatever the balancer computed them from.
 */
import { compile, type Feeds, type Program, type Results, type Tensor, type Update } from '@counterpoise/engine';
import type { Optimizer } from '@counterpoise/nn';
import type { Balancer, Evidence, Measurements, Need, Weighing } from 'counterpoise';
import type { GradientStage } from './full-gradient/stage.js';
import { type Boundary, type HeadWeighting, siteOf } from './gradients/boundary.js';
import { cosinesOf } from './gradients/cosines.js';
import type { GradientMeasures } from './gradients/measures.js';
import { checkAccumulate, checkLosses, checkStage } from './step-checks.js';
import { batchesPerStep, gradientNeeds, LEARNING_RATE, lossOutput, planStep, type StepPlan } from './step-plan.js';
import { StepRunner } from './step-runner.js';

type Tensors = Readonly<Record<string, Tensor>>;
type Numbers = Readonly<Record<string, number>>;

/** What a training step is made of: the results of one forward pass over inputs of fixed shape. */
export interface BalancedStepGraph {
  /** Scalars of shape [] by name, e.g. `{ class: crossEntropy(...), box: mseLoss(...) }`. */
  readonly losses: Tensors;
  /** What else the host wants to see of the forward pass, by name. */
  readonly outputs?: Tensors;
  /**
   * `model.takeUpdates()`: the running statistics. They are written together with the parameters, after the losses have
   * been found finite, so that a step that fails leaves everything as it was.
   */
  readonly updates?: readonly Update[];
  /** Of the parameters to train. */
  readonly optimizer: Optimizer;
  /** Limit of the joint L2 norm of all gradients of the weighted total, positive. Default: none. */
  readonly maxGradNorm?: number;
}

export interface BalancedStepOptions {
  /** Threads per operator. Default: all cores. */
  readonly threads?: number;
  /** Runs on this thread: faster for small graphs, but the event loop stands still meanwhile. Default: false. */
  readonly blocking?: boolean;
  /** Where gradients are measured for a method that asks for them. Default: `parameters`. */
  readonly boundary?: Boundary;
  /** Weights on the gradients of parameters that a single loss reaches. Default: `weighted`, as the gradient of the total. */
  readonly heads?: HeadWeighting;
  /** Measures the gradients of the losses in every step, whatever the method asks for. Default: false. */
  readonly measureGradients?: boolean;
  /**
   * Batches per step, at least 1, default 1, whose losses and gradients are averaged as if they were one. Weights belong to
   * the whole step, so a method of loss values runs forward twice; one of gradients at `parameters` does not.
   */
  readonly accumulate?: number;
  /** The part of a method of whole gradients that works on them, see `createStepMethod`. Needs the boundary `parameters`. */
  readonly stage?: GradientStage | undefined;
}

export interface BalancedStepSettings {
  /** Number of the optimiser step, from 1: Adam's bias correction counts it, and messages name it. */
  readonly step: number;
  /** Of the whole optimiser; parameter groups may scale it. At least 0. */
  readonly learningRate: number;
  /** Number of the epoch, from 0: for balancers whose method asks for it (`dwa`). */
  readonly epoch?: number;
  /**
   * `false` for a loss that has no sample in this step: it gets the weight 0, and statistics do not see it. Its value in the
   * graph must still be finite, such as a sum over no samples divided by at least 1; its gradient should be 0 where `heads` is `unweighted`.
   */
  readonly mask?: Readonly<Record<string, boolean>>;
}

export interface BalancedStepResult extends Weighing {
  /** Raw losses, as the balancer saw them: of several batches the mean. */
  readonly losses: Numbers;
  /** Of the last batch. Views of the program's memory, overwritten by the next step. */
  readonly outputs: Results;
  /** Joint L2 norm of the gradients of the weighted total before clipping; only with `maxGradNorm`. */
  readonly gradNorm?: number;
  /** Norm of the gradient of each raw loss at the boundary; only in steps that measure it. */
  readonly gradientNorms?: Numbers;
  /** Dot products of those gradients, K x K in the order of the losses; only where the method or `measureGradients` asks. */
  readonly gramian?: readonly (readonly number[])[];
  /** Cosines of their angles, see `cosinesOf`; where there is a Gramian. */
  readonly cosines?: Numbers;
}

const hostOutput = (name: string) => `output/${name}`;

/**
 * Compiles a balanced step; one per batch shape. Several may share a model, an optimiser and a balancer.
 * @throws RangeError if there is no loss, a loss is no scalar, none depends on a parameter, `maxGradNorm` is not positive,
 * or the losses have nothing in common at the boundary where gradients are asked for.
 */
export async function compileBalancedStep<N extends Need>(
  graph: BalancedStepGraph,
  balancer: Balancer<N>,
  options: BalancedStepOptions = {},
): Promise<BalancedStep> {
  const { losses, outputs = {}, updates = [], optimizer, maxGradNorm } = graph;
  const {
    threads,
    blocking,
    boundary = 'parameters',
    heads = 'weighted',
    measureGradients = false,
    accumulate = 1,
  } = options;
  const { stage } = options;
  checkLosses(losses);
  checkStage(stage, measureGradients);
  // What the method needs of the work of a stage is the business of the stage.
  const needs = new Set(gradientNeeds(stage ? stage.needs : balancer.method.needs));
  if (measureGradients) needs.add('gramian');
  checkAccumulate(accumulate, needs);
  const site = siteOf(losses, optimizer.parameters);
  if (site.parameters.length === 0) {
    const names = site.names.join(', ');
    throw new RangeError(`the losses (${names}) depend on no parameter of the optimiser: nothing to train`);
  }
  const plan = planStep(site, {
    optimizer,
    statistics: updates,
    forward: { ...prefixed(lossOutput, losses), ...prefixed(hostOutput, outputs) },
    maxGradNorm,
    boundary,
    heads,
    needs,
    accumulate,
    stage,
  });
  const program = await compile(plan.phases, { threads, blocking });
  const compiled = { program, plan, names: site.names, outputs: Object.keys(outputs), accumulate, optimizer, stage };
  return new BalancedStep(
    { ...compiled, measureGradients, statistics: updates },
    balancer as unknown as Balancer<Need>,
  );
}

function prefixed(rename: (name: string) => string, tensors: Tensors): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [rename(name), tensor]));
}

interface Compiled {
  readonly program: Program;
  readonly plan: StepPlan;
  readonly names: readonly string[];
  readonly outputs: readonly string[];
  readonly accumulate: number;
  readonly measureGradients: boolean;
  readonly optimizer: Optimizer;
  readonly statistics: readonly Update[];
  readonly stage: GradientStage | undefined;
}

export class BalancedStep {
  readonly #compiled: Compiled;
  readonly #runner: StepRunner;
  readonly #balancer: Balancer<Need>;

  /** @internal Use `compileBalancedStep`. */
  constructor(compiled: Compiled, balancer: Balancer<Need>) {
    this.#compiled = compiled;
    this.#runner = new StepRunner(compiled.program, compiled.plan, compiled.names, compiled.stage);
    this.#balancer = balancer;
  }

  /** How many batches `run` takes, see `batchesPerStep`. */
  get batches(): number {
    return batchesPerStep(this.#balancer.method.needs, this.#compiled.accumulate);
  }

  /**
   * Runs one step. Parameters, optimiser state and running statistics change at its end.
   *
   * @param feeds the batch: values of the graph's inputs by name; where `batches` is more than 1 a list of that many.
   * @throws DivergedError if a loss (NonFiniteLossError), a measured gradient (NonFiniteGradientError) or a weight is not
   * finite, CounterpoiseError if the balancer cannot use the losses. Then nothing is updated.
   */
  async run(feeds: Feeds | readonly Feeds[], settings: BalancedStepSettings): Promise<BalancedStepResult> {
    const { step, learningRate, epoch, mask } = settings;
    if (!(learningRate >= 0 && Number.isFinite(learningRate))) {
      throw new RangeError(`"learningRate" must be a finite number of 0 or more, got ${learningRate}`);
    }
    const batches = isList(feeds) ? feeds : [feeds];
    if (batches.length !== this.batches) {
      throw new RangeError(`"feeds" must hold ${this.batches} batches, got ${batches.length}`);
    }
    const { program, plan, names, optimizer, statistics, outputs, measureGradients, stage } = this.#compiled;
    const optimizerFeeds = optimizer.feeds(step);
    const isMeasured = measureGradients || stage !== undefined || gradientNeeds(this.#balancer.needs).length > 0;
    // Statistics of good batches are taken back when a later one is bad.
    const saved = batches.length > 1 ? statistics.map(({ variable }) => variable.data.slice()) : [];
    try {
      const present = names.map((name) => !mask || !Object.hasOwn(mask, name) || mask[name] === true);
      const look = await this.#runner.look(batches, { step, present, isMeasured });
      const { losses, forward, measures, staged } = look;
      // Of losses in turn only one has been measured.
      const shown = measures && !stage?.turn ? this.#shown(measures) : undefined;
      const made = staged?.measures && plan.staged?.show?.(staged.measures, staged.facts);
      const weighing = this.#balancer.weigh({ losses, mask, epoch, ...shown, ...made } as Evidence<Need>);
      await this.#runner.differentiate(batches, weighing.weights, look);
      const { gradNorm } = await program.run('update', { ...optimizerFeeds, [LEARNING_RATE]: learningRate });
      return {
        ...weighing,
        losses,
        outputs: Object.fromEntries(outputs.map((name) => [name, forward[hostOutput(name)]!])),
        ...(gradNorm && { gradNorm: gradNorm[0]! }),
        ...(shown?.gradientNorms && { gradientNorms: shown.gradientNorms }),
        ...(shown?.gramian && { gramian: shown.gramian, cosines: cosinesOf(names, shown.gramian) }),
      };
    } catch (error) {
      for (const [i, data] of saved.entries()) statistics[i]!.variable.data.set(data);
      throw error;
    }
  }

  /** Measurements in the form of evidence. */
  #shown({ gramian, max, mean }: GradientMeasures): Partial<Measurements> & Pick<BalancedStepResult, 'gradientNorms'> {
    if (this.#compiled.plan.route === 'cross') return { crossGramian: gramian };
    const byName = (values: readonly number[]) =>
      Object.fromEntries(this.#compiled.names.map((name, k) => [name, values[k]!]));
    return {
      ...(this.#compiled.plan.measuresGramian && { gramian }),
      gradientNorms: byName(gramian.map((row, k) => Math.sqrt(row[k]!))),
      gradientMax: byName(max),
      gradientMean: byName(mean),
    };
  }

  /** Frees the native memory. Parameters and optimiser keep their values. */
  release(): void {
    this.#compiled.program.release();
  }
}

function isList(feeds: Feeds | readonly Feeds[]): feeds is readonly Feeds[] {
  return Array.isArray(feeds);
}
