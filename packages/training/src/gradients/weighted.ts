/** The gradient of the weighted total, w_1 L_1 + ... + w_K L_K, on several ways. */
import { add, gradients, mul, type Tensor, type Variable, vjp } from '@counterpoise/engine';
import type { HeadWeighting, Site } from './boundary.js';

/** From the losses, in one backward pass. One gradient per parameter of the site. */
export function weightedGradients(
  site: Site,
  weights: readonly Tensor[],
  heads: HeadWeighting,
): (Tensor | undefined)[] {
  const { losses, parameters } = site;
  const own = heads === 'unweighted' ? parameters.filter((parameter) => isOfOneLoss(parameter, site)) : [];
  const others = parameters.filter((parameter) => !own.includes(parameter));
  const weighted = gradients(losses.map((loss, k) => mul(loss, weights[k]!)).reduce(add), others);
  const plain = own.length > 0 ? gradients(losses.reduce(add), own) : [];
  const found = new Map([
    ...others.map((p, i) => [p, weighted[i]] as const),
    ...own.map((p, i) => [p, plain[i]] as const),
  ]);
  return parameters.map((parameter) => found.get(parameter));
}

/**
 * From the gradients of each loss for each parameter: sum_k w_k g_k.
 * @param perLoss [loss][parameter]
 */
export function combinedGradients(
  site: Site,
  perLoss: readonly (readonly (Tensor | undefined)[])[],
  weights: readonly Tensor[],
  heads: HeadWeighting,
): (Tensor | undefined)[] {
  return site.parameters.map((parameter, at) => {
    const asIs = heads === 'unweighted' && isOfOneLoss(parameter, site);
    const terms = perLoss.flatMap((gradients, k) => {
      const gradient = gradients[at];
      return gradient ? [asIs ? gradient : mul(gradient, weights[k]!)] : [];
    });
    return terms.length > 0 ? terms.reduce(add) : undefined;
  });
}

/** A backward pass per head, down to the representation, and what it needs to go on from there in one. */
export interface HeadGradients {
  /** [tensor of the representation][loss] */
  readonly atRepresentation: readonly (readonly (Tensor | undefined)[])[];
  /** [loss][parameter of the site]: of those that not all losses reach. */
  readonly ofHeads: readonly (readonly (Tensor | undefined)[])[];
}

export function headGradients({ losses, parameters, sharing }: Site): HeadGradients {
  const cut = sharing.representation;
  const ofHeads = parameters.filter((parameter) => sharing.lossesOf(parameter).length < losses.length);
  // Features of several depths may come from one another: what passes between them is the trunk's, once.
  const perLoss = losses.map((loss) => gradients(loss, [...cut, ...ofHeads], { cut: true }));
  return {
    atRepresentation: cut.map((_, at) => perLoss.map((found) => found[at])),
    ofHeads: perLoss.map((found) => {
      const byParameter = new Map<Variable, Tensor | undefined>(ofHeads.map((p, i) => [p, found[cut.length + i]]));
      return parameters.map((parameter) => byParameter.get(parameter));
    }),
  };
}

/** The rest of the backward pass: one through the trunk, with the weighted sum of what the heads sent down. */
export function trunkGradients(
  site: Site,
  { atRepresentation, ofHeads }: HeadGradients,
  weights: readonly Tensor[],
  heads: HeadWeighting,
): (Tensor | undefined)[] {
  const { sharing, parameters } = site;
  const cotangents = atRepresentation.map((row) =>
    row.flatMap((gradient, k) => (gradient ? [mul(gradient, weights[k]!)] : [])).reduce(add),
  );
  const throughTrunk = vjp(sharing.representation, cotangents, parameters);
  const ofTheirs = combinedGradients(site, ofHeads, weights, heads);
  return parameters.map((parameter, at) =>
    sharing.lossesOf(parameter).length === site.losses.length ? throughTrunk[at] : ofTheirs[at],
  );
}

/** A parameter of a head. With a single loss there are no heads. */
function isOfOneLoss(parameter: Variable, { losses, sharing }: Site): boolean {
  return losses.length > 1 && sharing.lossesOf(parameter).length === 1;
}
