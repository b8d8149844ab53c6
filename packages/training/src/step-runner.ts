/** Runs the phases of a step in their order, over one batch or several. */
import type { Feeds, Program, Results } from '@counterpoise/engine';
import { DivergedError, requireFiniteGradients, requireFiniteLosses } from './finite.js';
import type { GradientStage, StepFacts } from './full-gradient/stage.js';
import type { GradientMeasures } from './gradients/measures.js';
import { lossOutput, type StepPlan, weightInput } from './step-plan.js';

type Numbers = Readonly<Record<string, number>>;

/** What the forward passes of a step have shown. */
export interface Look {
  /** Means over the batches. */
  readonly losses: Numbers;
  /** Of the last batch, by the names of the phase. */
  readonly forward: Results;
  /** Of the mean losses; absent where nothing was to be measured. */
  readonly measures: GradientMeasures | undefined;
  /** What a stage of whole gradients starts from, and the measures of what it made of them. */
  readonly staged?: { readonly facts: StepFacts; readonly measures: GradientMeasures | undefined };
}

export interface LookSettings {
  /** Number of the optimiser step. */
  readonly step: number;
  /** Per loss: has it a sample in this step? */
  readonly present: readonly boolean[];
  /** Are the gradients of the losses to be measured? */
  readonly isMeasured: boolean;
}

export class StepRunner {
  readonly #program: Program;
  readonly #plan: StepPlan;
  readonly #names: readonly string[];
  readonly #stage: GradientStage | undefined;

  constructor(program: Program, plan: StepPlan, names: readonly string[], stage: GradientStage | undefined) {
    this.#program = program;
    this.#plan = plan;
    this.#names = names;
    this.#stage = stage;
  }

  /** Forward, and the gradients of each loss if they are to be measured. Changes statistics only where batches add up. */
  async look(batches: readonly Feeds[], { step, present, isMeasured }: LookSettings): Promise<Look> {
    const { route, measured, addsUp, combines, accumulators } = this.#plan;
    for (const buffers of accumulators) buffers.clear();
    const phases = measured[this.#stage?.turn?.(step, present) ?? 0];
    const measures: GradientMeasures[] = [];
    const losses: Numbers[] = [];
    let forward: Results = {};
    const measure = async () => measures.push(phases!.measuring.read(await this.#program.run(phases!.measure)));
    for (const [at, feeds] of batches.entries()) {
      forward = await this.#program.run('forward', feeds);
      losses.push(this.#finiteLosses(forward, step));
      if (!isMeasured || (route === 'cross' && at === 2)) continue;
      if (addsUp || (route === 'cross' && at === 0)) await this.#program.run(phases!.keep!);
      else await measure();
      if (addsUp && combines) await this.#program.run('statistics');
    }
    if (isMeasured && addsUp) await measure();
    // The gradient of a mean of M losses: gradients were added up, or are those of other samples and meet nowhere.
    const found = route === 'cross' ? measures[0] : meanMeasures(measures, batches.length);
    if (found) requireFiniteGradients(step, this.#names, found.gramian);
    const look = { losses: meanOf(losses), forward, measures: found };
    if (!this.#stage) return look;
    const facts = { step, present, losses: Object.values(look.losses), measures: found! };
    return { ...look, staged: { facts, measures: await this.#prepare(facts) } };
  }

  async #prepare(facts: StepFacts): Promise<GradientMeasures | undefined> {
    const { measuring, prepare } = this.#plan.staged!;
    if (!measuring) return undefined;
    const measures = measuring.read(await this.#program.run('stage', prepare?.(facts)));
    requireFiniteGradients(facts.step, this.#names, measures.gramian);
    return measures;
  }

  /** Leaves the gradient of the weighted total in its buffers, and the statistics of all batches in the model. */
  async differentiate(
    batches: readonly Feeds[],
    weights: Numbers,
    { measures, staged }: Pick<Look, 'measures' | 'staged'>,
  ): Promise<void> {
    const { route, combines } = this.#plan;
    const isSplit = route !== 'cross' && batches.length > 1;
    // A stage works on mean gradients, all other ways on gradients of single batches or their sum.
    const feeds = weightFeeds(weights, isSplit && !staged ? batches.length : 1);
    if (measures && combines) {
      if (!isSplit) await this.#program.run('statistics');
      await this.#program.run('combine', { ...feeds, ...(staged && this.#plan.staged!.settle?.(staged.facts)) });
    } else if (isSplit) {
      for (const batch of batches) {
        await this.#program.run('forward', batch);
        await this.#program.run('statistics');
        await this.#program.run('backward', feeds);
      }
    } else {
      await this.#program.run('statistics');
      await this.#program.run('backward', feeds);
    }
  }

  #finiteLosses(forward: Results, step: number): Numbers {
    const losses = Object.fromEntries(this.#names.map((name) => [name, forward[lossOutput(name)]![0]!]));
    requireFiniteLosses(step, losses);
    return losses;
  }
}

function meanOf(records: readonly Numbers[]): Numbers {
  const [first] = records as readonly [Numbers];
  if (records.length === 1) return first;
  const mean = (name: string) => records.reduce((sum, record) => sum + record[name]!, 0) / records.length;
  return Object.fromEntries(Object.keys(first).map((name) => [name, mean(name)]));
}

/**
 * Of the gradient of the mean over M batches. Where gradients were added up there is one measurement, of M times that
 * gradient; at activations there are M, whose products add up, for the samples of a batch have places of their own.
 */
function meanMeasures(measures: readonly GradientMeasures[], batches: number): GradientMeasures | undefined {
  const [first] = measures;
  if (!first || batches === 1) return first;
  const total = (pick: (one: GradientMeasures) => number) => measures.reduce((sum, one) => sum + pick(one), 0);
  const meanOfProducts = (pick: (one: GradientMeasures) => GradientMeasures['gramian']) =>
    pick(first).map((row, i) => row.map((_, j) => total((one) => pick(one)[i]![j]!) / batches ** 2));
  return {
    gramian: meanOfProducts(({ gramian }) => gramian),
    perTensor: first.perTensor.map((_, at) => meanOfProducts(({ perTensor }) => perTensor[at]!)),
    max: first.max.map((_, k) => Math.max(...measures.map(({ max }) => max[k]!)) / batches),
    mean: first.mean.map((_, k) => total(({ mean }) => mean[k]!) / measures.length / batches),
  };
}

/** The graph computes in float32: a weight beyond its range would silently become an infinity. */
function weightFeeds(weights: Numbers, batches: number): Record<string, number> {
  const feeds: Record<string, number> = {};
  for (const [loss, weight] of Object.entries(weights)) {
    if (!Number.isFinite(Math.fround(weight))) {
      throw new DivergedError(`the weight of loss "${loss}" is ${weight}: it does not fit float32, at most 3.4e38`);
    }
    feeds[weightInput(loss)] = weight / batches;
  }
  return feeds;
}
