/** Where in the network the gradients of the losses are measured. */
import { findSharing, type Sharing, type Tensor, type Variable } from '@counterpoise/engine';

/**
 * - `parameters`: all parameters that at least two losses reach. Exact, and the dearest: one backward pass per loss.
 * - `representation`: the last tensors that all losses depend on. A backward pass per head, then one through the trunk. A
 *   surrogate: the trunk turns and stretches what passes through it.
 * - `last-layer`: the parameters of the last shared layer, as GradNorm (Chen et al. 2018) measures them.
 * - `output`: what the network puts out, such as logits, as EnCodec's balancer (Défossez et al. 2022) measures it.
 */
export const BOUNDARIES = ['parameters', 'representation', 'last-layer', 'output'] as const;
export type Boundary = (typeof BOUNDARIES)[number];

/** Weights on the gradients of parameters that a single loss reaches: those of the method, or 1. */
export const HEAD_WEIGHTINGS = ['weighted', 'unweighted'] as const;
export type HeadWeighting = (typeof HEAD_WEIGHTINGS)[number];

/** The losses and parameters of a step, and what the graph says about them. */
export interface Site {
  readonly names: readonly string[];
  /** Scalars, in the order of `names`. */
  readonly losses: readonly Tensor[];
  /** Those that at least one loss reaches. */
  readonly parameters: readonly Variable[];
  readonly sharing: Sharing;
}

export function siteOf(losses: Readonly<Record<string, Tensor>>, parameters: readonly Variable[]): Site {
  const scalars = Object.values(losses);
  const sharing = findSharing(scalars, parameters);
  const reached = parameters.filter((parameter) => sharing.lossesOf(parameter).length > 0);
  return { names: Object.keys(losses), losses: scalars, parameters: reached, sharing };
}

/** The tensors of a boundary. @throws RangeError if the losses share nothing there. */
export function boundaryOf(boundary: Boundary, { names, parameters, sharing }: Site): readonly Tensor[] {
  const tensors = tensorsOf(boundary, parameters, sharing);
  if (tensors.length > 0) return tensors;
  const losses = names.join(', ');
  throw new RangeError(
    boundary === 'parameters'
      ? `no parameter is reached by two of the losses ${losses}: their gradients cannot be compared`
      : `"boundary" ${boundary} does not exist: the losses ${losses} have no such tensor in common; use parameters`,
  );
}

function tensorsOf(boundary: Boundary, parameters: readonly Variable[], sharing: Sharing): readonly Tensor[] {
  switch (boundary) {
    case 'parameters':
      return parameters.filter((parameter) => sharing.lossesOf(parameter).length > 1);
    case 'representation':
      return sharing.representation;
    case 'last-layer':
      return sharing.lastLayer;
    case 'output':
      return sharing.outputs;
  }
}
