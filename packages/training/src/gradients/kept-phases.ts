/** The phases of a step that keeps the gradient of each loss: measure it, work on it, combine what there is then. */
import { gradients, mul, type Phase, type Tensor, type Variable } from '@counterpoise/engine';
import { boundaryOf, type Site } from './boundary.js';
import type { GradientBuffers } from './buffers.js';
import { crossMeasuring, type GradientTable, measuresFor, measuring, rowsOf } from './measures.js';
import type { Measured, MeasuredPhases, PlanSettings, Route } from './plan.js';
import { combinedGradients } from './weighted.js';

/** @param perLoss where the gradients are kept; of losses in turn, one memory under several names. */
export function keptPhases(
  route: Route,
  site: Site,
  settings: PlanSettings,
  perLoss: readonly GradientBuffers[],
  total: GradientBuffers,
  weights: readonly Tensor[],
): MeasuredPhases {
  const { boundary, needs, heads, accumulate, stage } = settings;
  const accumulates = accumulate > 1;
  const after = ['forward'];
  const kept = perLoss.map(({ variables }) => variables);
  const fresh = site.losses.map((loss, k) => gradientsOf(loss, site.parameters, (at) => kept[k]![at] !== undefined));
  const places = boundaryOf(boundary, site).map((tensor) => (site.parameters as readonly Tensor[]).indexOf(tensor));
  const rows = (perParameter: readonly (readonly (Tensor | undefined)[])[]) => rowsOf(perParameter, places);
  const store = (losses: readonly number[], adds: boolean) =>
    losses.flatMap((k) => perLoss[k]!.updates(fresh[k]!, adds));
  const all = [...site.losses.keys()];
  if (route === 'cross') {
    const measure = crossMeasuring(rows(kept), rows(fresh), all.length);
    const keep: Phase = { name: 'keep', after, updates: store(all, false) };
    return {
      phases: [keep, { name: 'measure', after, outputs: measure.outputs }],
      measured: [{ keep: 'keep', measure: 'measure', measuring: measure }],
    };
  }
  const phases: Phase[] = [];
  const measured = (stage?.turn ? all.map((k) => [k]) : [all]).map((losses, at): Measured => {
    const suffix = at === 0 ? '' : `/${at}`;
    const [keep, name] = [`keep${suffix}`, `measure${suffix}`];
    // Of one batch they are measured where they are made, of several when all have been added up.
    const table = of(losses, rows(accumulates ? kept : fresh));
    const measure = measuring(table, all.length, measuresFor(needs));
    const updates = store(losses, accumulates);
    if (accumulates) phases.push({ name: keep, after, updates }, { name, after: [], outputs: measure.outputs });
    else phases.push({ name, after, updates, outputs: measure.outputs });
    return { keep: accumulates ? keep : undefined, measure: name, measuring: measure };
  });
  if (route === 'boundary') return { phases, measured };
  if (!stage) {
    const updates = total.updates(combinedGradients(site, kept, weights, heads), false);
    return { phases: [...phases, { name: 'combine', after: [], updates }], measured };
  }
  const names = new Map<Variable, string>(settings.optimizer.namedParameters.map(([name, p]) => [p, name]));
  const staged = stage.plan({
    ...site,
    nameOf: (parameter) => names.get(parameter)!,
    gradients: kept.map((ofLoss) => ofLoss.map((sum) => sum && (accumulates ? mul(sum, 1 / accumulate) : sum))),
    weights,
    heads,
  });
  if (staged.measuring) phases.push({ name: 'stage', after: [], outputs: staged.measuring.outputs });
  const updates = [...total.updates(staged.combined, false), ...(staged.updates ?? [])];
  // What `stage` computed is cheaper to compute again than to keep.
  return { phases: [...phases, { name: 'combine', after: [], updates }], measured, staged };
}

/** The table of some of the losses, in the places of all. */
function of(losses: readonly number[], table: GradientTable): GradientTable {
  return table.map((row) => row.map((gradient, k) => (losses.includes(k) ? gradient : undefined)));
}

/** One gradient per parameter, undefined for those that are not asked for. */
function gradientsOf(
  loss: Tensor,
  parameters: readonly Variable[],
  isAsked: (at: number) => boolean,
): (Tensor | undefined)[] {
  const asked = parameters.filter((_, at) => isAsked(at));
  const found = new Map(gradients(loss, asked).map((gradient, i) => [asked[i], gradient]));
  return parameters.map((parameter) => found.get(parameter));
}
