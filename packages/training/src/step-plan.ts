/** The phases of a balanced step: which there are, and what each computes. */
import { gradients, Input, type Phase, type Tensor, Variable } from '@counterpoise/engine';
import { clipGradNorm, type Optimizer } from '@counterpoise/nn';
import type { Need } from 'counterpoise';
import type { StagePlan } from './full-gradient/stage.js';
import { boundaryOf, type Site } from './gradients/boundary.js';
import { GradientBuffers } from './gradients/buffers.js';
import { ExactGradients } from './gradients/exact-gradients.js';
import { keptPhases } from './gradients/kept-phases.js';
import { type GradientTable, measuresFor, measuring } from './gradients/measures.js';
import type { Measured, MeasuredPhases, PlanSettings, Route } from './gradients/plan.js';
import { headGradients, trunkGradients, weightedGradients } from './gradients/weighted.js';

export const LEARNING_RATE = 'learning_rate';
export const weightInput = (loss: string) => `weight/${loss}`;
/** Apart from the caller's outputs, which may have any name. */
export const lossOutput = (loss: string) => `loss/${loss}`;

const GRADIENT_NEEDS: ReadonlySet<Need> = new Set([
  'gradientNorms',
  'gradientMax',
  'gradientMean',
  'gramian',
  'crossGramian',
]);

/** Of the needs of a method, those about gradients. */
export function gradientNeeds(needs: readonly Need[]): readonly Need[] {
  return needs.filter((need) => GRADIENT_NEEDS.has(need));
}

/**
 * How many batches a step of a method with these needs takes: 3 where batches are compared (the first two; the third gives
 * losses and update, all at the same parameters), else as many as are averaged.
 */
export function batchesPerStep(needs: readonly Need[], accumulate: number): number {
  return needs.includes('crossGramian') ? 3 : accumulate;
}

export interface StepPlan {
  readonly phases: readonly Phase[];
  readonly route: Route;
  /** None on the `plain` route; one per loss for a stage that takes them in turn; else one. */
  readonly measured: readonly Measured[];
  /** Or their diagonal alone. */
  readonly measuresGramian: boolean;
  /** Are the gradients of each loss added up over the batches, and measured then? Else each batch is measured. */
  readonly addsUp: boolean;
  /** Does `combine` take the place of `backward` in a step that measures? */
  readonly combines: boolean;
  /** What is to be zero before the first batch. */
  readonly accumulators: readonly GradientBuffers[];
  readonly staged: StagePlan | undefined;
}

export function planStep(site: Site, settings: PlanSettings): StepPlan {
  const { optimizer, statistics, maxGradNorm, heads, accumulate, stage } = settings;
  const accumulates = accumulate > 1;
  const weights = site.names.map((name) => new Input(weightInput(name), []));
  const route = routeOf(settings);
  const exact = isExact(route, settings) ? new ExactGradients(site) : undefined;
  const perLoss = exact?.perLoss ?? lossBuffers(route, site, settings);
  // Where the gradients of each loss have been weighed or compared, those of the first are not needed any more.
  const takenOver = route === 'boundary' ? undefined : perLoss[0]?.variables;
  const total = new GradientBuffers(site.parameters, () => true, 'grad', takenOver);
  const backward = (): Phase => ({
    name: 'backward',
    after: ['forward'],
    updates: total.updates(weightedGradients(site, weights, heads), accumulates),
  });
  const {
    phases: gradientPhases,
    measured,
    staged,
  } = exact?.phases(settings, total, weights) ?? measuredPhases(route, site, settings, perLoss, total, weights);
  const raw = gradientsFor(optimizer, site, total);
  const clipped = maxGradNorm === undefined ? undefined : clipGradNorm(raw, maxGradNorm);
  const phases: Phase[] = [
    { name: 'forward', outputs: settings.forward },
    { name: 'statistics', after: ['forward'], updates: statistics },
    ...gradientPhases,
    // A stage is there in every step.
    ...(stage ? [] : [backward()]),
    // The gradients are read from their buffers: this phase may overwrite parameters that the others still read.
    {
      name: 'update',
      after: [],
      outputs: clipped ? { gradNorm: clipped.norm } : {},
      updates: optimizer.updates(clipped?.gradients ?? raw, new Input(LEARNING_RATE, [])),
    },
  ];
  return {
    phases,
    route,
    measured,
    measuresGramian: settings.needs.has('gramian'),
    addsUp: accumulates && perLoss.length > 0,
    combines: phases.some(({ name }) => name === 'combine'),
    // Of losses in turn, what another loss has left in their common memory must not count, be it times 0.
    accumulators: [...(accumulates ? [total] : []), ...(accumulates || stage?.turn ? perLoss : [])],
    staged,
  };
}

function routeOf({ needs, boundary, stage }: PlanSettings): Route {
  if (stage) {
    if (boundary === 'parameters') return 'parameters';
    throw new RangeError(
      `"boundary" must be parameters with ${stage.name}, which works on whole gradients, got ${boundary}`,
    );
  }
  if (needs.size === 0) return 'plain';
  if (needs.has('crossGramian')) {
    if (boundary === 'parameters' || boundary === 'last-layer') return 'cross';
    throw new RangeError(
      `"boundary" must be parameters or last-layer with a method that compares batches, got ${boundary}`,
    );
  }
  return boundary === 'parameters' ? 'parameters' : 'boundary';
}

/** Does the step need no more of the gradients than their products and their weighted sum? */
function isExact(route: Route, { needs, accumulate, stage }: PlanSettings): boolean {
  return route === 'parameters' && !stage && accumulate === 1 && !measuresFor(needs).has('entries');
}

function measuredPhases(
  route: Route,
  site: Site,
  settings: PlanSettings,
  perLoss: readonly GradientBuffers[],
  total: GradientBuffers,
  weights: readonly Tensor[],
): MeasuredPhases {
  if (route === 'plain') return { phases: [], measured: [] };
  if (perLoss.length > 0) return keptPhases(route, site, settings, perLoss, total, weights);
  const { boundary, needs, heads, accumulate } = settings;
  const tensors = boundaryOf(boundary, site);
  if (accumulate > 1 && tensors.some((tensor) => tensor instanceof Variable)) {
    throw new RangeError(`"accumulate" must be 1 at the boundary ${boundary} of this graph: a parameter lies in it`);
  }
  const head = boundary === 'representation' ? headGradients(site) : undefined;
  const table = head?.atRepresentation ?? tableOf(site.losses, tensors);
  const measure = measuring(table, site.losses.length, measuresFor(needs));
  const phase: Phase = { name: 'measure', after: ['forward'], outputs: measure.outputs };
  const measured = [{ keep: undefined, measure: 'measure', measuring: measure }];
  if (!head || accumulate > 1) return { phases: [phase], measured };
  const updates = total.updates(trunkGradients(site, head, weights, heads), false);
  const keep = [...head.atRepresentation, ...head.ofHeads].flat().filter((tensor) => tensor !== undefined);
  const combine: Phase = { name: 'combine', after: ['forward', 'measure'], updates };
  return { phases: [{ ...phase, keep }, combine], measured };
}

function tableOf(losses: readonly Tensor[], tensors: readonly Tensor[]): GradientTable {
  const perLoss = losses.map((loss) => gradients(loss, tensors));
  return tensors.map((_, at) => perLoss.map((found) => found[at]));
}

/**
 * Memory for the gradients of each loss, none where they are not kept: they are where `combine` weighs them, where another
 * batch is compared with them, and where they are added up over batches at a boundary of parameters.
 */
function lossBuffers(
  route: Route,
  site: Site,
  { boundary, accumulate, stage }: PlanSettings,
): readonly GradientBuffers[] {
  const { names, losses, parameters, sharing } = site;
  const ofParameters = boundary === 'parameters' || boundary === 'last-layer';
  const isKept =
    route === 'parameters' || route === 'cross' || (route === 'boundary' && accumulate > 1 && ofParameters);
  if (!isKept) return [];
  const all = route === 'parameters' ? parameters : boundaryOf(boundary, site);
  // Of losses in turn there is one gradient at a time.
  const common = stage?.turn ? new GradientBuffers(parameters, () => true, 'grad.turn').variables : undefined;
  return losses.map((_, k) => {
    const isPresent = (parameter: Variable) => all.includes(parameter) && sharing.lossesOf(parameter).includes(k);
    return new GradientBuffers(parameters, isPresent, `grad.${names[k]}`, common);
  });
}

/** One per parameter of the optimiser. */
function gradientsFor(optimizer: Optimizer, { parameters }: Site, total: GradientBuffers): (Tensor | undefined)[] {
  return optimizer.parameters.map((parameter) => total.variables[parameters.indexOf(parameter)]);
}
