/**
 * The balanced training step, for any model:
 *
 *     forward -> losses L_k to the host -> balancer.weigh -> weights w_k -> backward of sum_k w_k L_k -> update
 *
 * The graph is compiled once; forward, backward and update are three models that share their memory. The weights enter as inputs, so
 * they are constants for the gradient whatever the balancer computed them from.
 */
import {
  add,
  compile,
  type Feeds,
  formatShape,
  gradients,
  Input,
  mul,
  type Program,
  type Results,
  type Tensor,
  type Update,
} from '@counterpoise/engine';
import { clipGradNorm, type Optimizer } from '@counterpoise/nn';
import type { Balancer, Evidence, Need, Weighing } from 'counterpoise';
import { requireFiniteLosses } from './finite.js';

type Tensors = Readonly<Record<string, Tensor>>;

/** What a balanced step can show to its balancer. */
export type StepNeed = 'losses' | 'epoch';

/** What a method needs that a balanced step cannot show; `undefined` if nothing. */
export function unmetNeed(needs: readonly Need[]): Need | undefined {
  return needs.find((need) => need !== 'losses' && need !== 'epoch');
}

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
}

export interface BalancedStepSettings {
  /** Number of the optimiser step, from 1: Adam's bias correction counts it, and messages name it. */
  readonly step: number;
  /** Of the whole optimiser; parameter groups may scale it. At least 0. */
  readonly learningRate: number;
  /** Number of the epoch, from 0: for balancers whose method asks for it (`dwa`). */
  readonly epoch?: number;
}

export interface BalancedStepResult extends Weighing {
  /** Raw losses, as the balancer saw them. */
  readonly losses: Readonly<Record<string, number>>;
  /** Views of the program's memory, overwritten by the next step. */
  readonly outputs: Results;
  /** Joint L2 norm of the gradients of the weighted total before clipping; only with `maxGradNorm`. */
  readonly gradNorm?: number;
}

const LEARNING_RATE = 'learning_rate';
const weightInput = (loss: string) => `weight/${loss}`;
/** Apart from the caller's outputs, which may have any name. */
const lossOutput = (loss: string) => `loss/${loss}`;
const hostOutput = (name: string) => `output/${name}`;

/**
 * Compiles a balanced step; one per batch shape. Several may share a model, an optimiser and a balancer.
 * @throws RangeError if there is no loss, a loss is no scalar, none depends on a parameter, `maxGradNorm` is not positive, or the
 * balancer's method needs gradients.
 */
export async function compileBalancedStep(
  graph: BalancedStepGraph,
  balancer: Balancer<StepNeed>,
  { threads }: BalancedStepOptions = {},
): Promise<BalancedStep> {
  const { losses, outputs = {}, updates = [], optimizer, maxGradNorm } = graph;
  const names = Object.keys(losses);
  if (names.length === 0) throw new RangeError('"losses" must hold at least one loss, got none');
  const unmet = unmetNeed(balancer.method.needs);
  if (unmet) {
    throw new RangeError(`${balancer.method.name} needs "${unmet}", and a balanced step shows losses and epoch alone`);
  }
  const terms = names.map((name) => {
    const loss = losses[name]!;
    if (loss.shape.length > 0) {
      throw new RangeError(`loss "${name}" must be a scalar of shape [], got ${formatShape(loss.shape)}`);
    }
    return mul(loss, new Input(weightInput(name), []));
  });
  const raw = gradients(terms.reduce(add), optimizer.parameters);
  if (raw.every((gradient) => gradient === undefined)) {
    throw new RangeError(`the losses (${names.join(', ')}) depend on no parameter of the optimiser: nothing to train`);
  }
  const { gradients: clipped, norm } = maxGradNorm === undefined ? unclipped(raw) : clipGradNorm(raw, maxGradNorm);
  const learningRate = new Input(LEARNING_RATE, []);
  const program = await compile(
    [
      {
        name: 'forward',
        outputs: { ...prefixed(lossOutput, losses), ...prefixed(hostOutput, outputs) },
      },
      {
        name: 'backward',
        outputs: norm ? { gradNorm: norm } : {},
        keep: raw.filter((gradient) => gradient !== undefined),
      },
      // Apart from the backward phase, which still reads the old parameters: here they can be overwritten in place.
      { name: 'update', updates: [...optimizer.updates(clipped, learningRate), ...updates] },
    ],
    { threads },
  );
  return new BalancedStep(program, names, Object.keys(outputs), optimizer, balancer);
}

function unclipped(raw: (Tensor | undefined)[]): { gradients: (Tensor | undefined)[]; norm?: Tensor } {
  return { gradients: raw };
}

function prefixed(rename: (name: string) => string, tensors: Tensors): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [rename(name), tensor]));
}

export class BalancedStep {
  readonly #program: Program;
  readonly #losses: readonly string[];
  readonly #outputs: readonly string[];
  readonly #optimizer: Optimizer;
  readonly #balancer: Balancer<StepNeed>;

  /** @internal Use `compileBalancedStep`. */
  constructor(
    program: Program,
    losses: readonly string[],
    outputs: readonly string[],
    optimizer: Optimizer,
    balancer: Balancer<StepNeed>,
  ) {
    this.#program = program;
    this.#losses = losses;
    this.#outputs = outputs;
    this.#optimizer = optimizer;
    this.#balancer = balancer;
  }

  /**
   * Runs one step. Parameters, optimiser state and running statistics change at its end.
   *
   * @param feeds the batch: values of the graph's inputs by name.
   * @throws NonFiniteLossError if a loss is NaN or infinite, CounterpoiseError if the balancer cannot use the losses. Then
   * nothing has changed, the balancer included.
   */
  async run(feeds: Feeds, { step, learningRate, epoch }: BalancedStepSettings): Promise<BalancedStepResult> {
    if (!(learningRate >= 0 && Number.isFinite(learningRate))) {
      throw new RangeError(`"learningRate" must be a finite number of 0 or more, got ${learningRate}`);
    }
    const optimizerFeeds = this.#optimizer.feeds(step);
    const forward = await this.#program.run('forward', feeds);
    const losses = Object.fromEntries(this.#losses.map((name) => [name, forward[lossOutput(name)]![0]!]));
    requireFiniteLosses(step, losses);
    // The balancer itself asks for the epoch where its method needs one.
    const weighing = this.#balancer.weigh({ losses, epoch } as Evidence<StepNeed>);
    const backward = await this.#program.run('backward', weightFeeds(weighing.weights));
    await this.#program.run('update', { ...optimizerFeeds, [LEARNING_RATE]: learningRate });
    const outputs = Object.fromEntries(this.#outputs.map((name) => [name, forward[hostOutput(name)]!]));
    const gradNorm = backward.gradNorm?.[0];
    return { ...weighing, losses, outputs, ...(gradNorm === undefined ? {} : { gradNorm }) };
  }

  /** Frees the native memory. Parameters and optimiser keep their values. */
  release(): void {
    this.#program.release();
  }
}

/** The graph computes in float32: a weight beyond its range would silently become an infinity. */
function weightFeeds(weights: Readonly<Record<string, number>>): Record<string, number> {
  const feeds: Record<string, number> = {};
  for (const [loss, weight] of Object.entries(weights)) {
    if (!Number.isFinite(Math.fround(weight))) {
      throw new RangeError(`the weight of loss "${loss}" is ${weight}: it does not fit float32, at most 3.4e38`);
    }
    feeds[weightInput(loss)] = weight;
  }
  return feeds;
}
