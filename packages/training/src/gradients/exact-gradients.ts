/**
 * The gradient of each loss for all parameters, of one batch: measured, and combined by the weights that come of it. Where
 * that is cheaper, the gradients for a weight stay in their factors and are never computed (`factoredGradients`).
 */
import {
  type FactoredGradients,
  factoredGradients,
  gradients,
  type Phase,
  type Tensor,
  type Variable,
} from '@counterpoise/engine';
import { boundaryOf, type Site } from './boundary.js';
import { GradientBuffers } from './buffers.js';
import { type Block, measuresFor, measuring } from './measures.js';
import type { MeasuredPhases, PlanSettings } from './plan.js';
import { combinedGradients } from './weighted.js';

interface Factored {
  /** Places of the losses that reach the parameter. */
  readonly losses: readonly number[];
  readonly gradients: FactoredGradients;
}

export class ExactGradients {
  /** Where the gradients of each loss are kept, but for those in factors. */
  readonly perLoss: readonly GradientBuffers[];
  readonly #site: Site;
  /** [loss][parameter] */
  readonly #fresh: readonly (readonly (Tensor | undefined)[])[];
  /** By place of the parameter. */
  readonly #factored = new Map<number, Factored>();

  constructor(site: Site) {
    const { names, losses, parameters, sharing } = site;
    this.#site = site;
    this.#fresh = losses.map((loss) => gradients(loss, parameters));
    for (const at of parameters.keys()) {
      const reaching = sharing.lossesOf(parameters[at]!);
      const factored = factoredGradients(reaching.map((k) => this.#fresh[k]![at]!));
      if (factored) this.#factored.set(at, { losses: reaching, gradients: factored });
    }
    const isKept = (k: number) => (parameter: Variable) =>
      sharing.lossesOf(parameter).includes(k) && !this.#factored.has(parameters.indexOf(parameter));
    this.perLoss = losses.map((_, k) => new GradientBuffers(parameters, isKept(k), `grad.${names[k]}`));
  }

  phases({ boundary, needs, heads }: PlanSettings, total: GradientBuffers, weights: readonly Tensor[]): MeasuredPhases {
    const site = this.#site;
    const places = boundaryOf(boundary, site).map((tensor) => (site.parameters as readonly Tensor[]).indexOf(tensor));
    const rows = places.map((at) => this.#fresh.map((found) => (this.#factored.has(at) ? undefined : found[at])));
    const blocks = places.flatMap((at, row): Block[] => {
      const found = this.#factored.get(at);
      return found ? [{ row, losses: found.losses, products: found.gradients.products() }] : [];
    });
    const measure = measuring(rows, site.losses.length, measuresFor(needs), blocks);
    const fromFactors = site.parameters.map((_, at) => {
      const found = this.#factored.get(at);
      return found?.gradients.combined(found.losses.map((k) => weights[k]!));
    });
    const kept = this.perLoss.map(({ variables }) => variables);
    const phases: Phase[] = [
      {
        name: 'measure',
        after: ['forward'],
        updates: this.perLoss.flatMap((buffers, k) => buffers.updates(this.#fresh[k]!, false)),
        keep: [...this.#factored.values()].flatMap((found) => found.gradients.factors),
        outputs: measure.outputs,
      },
      {
        name: 'combine',
        after: ['forward', 'measure'],
        updates: [
          ...total.updates(combinedGradients(site, kept, weights, heads), false),
          ...total.updates(fromFactors, false),
        ],
      },
    ];
    return { phases, measured: [{ keep: undefined, measure: 'measure', measuring: measure }] };
  }
}
