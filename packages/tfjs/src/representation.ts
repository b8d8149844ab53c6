/**
 * The cheap way: the gradient of each loss at the tensors between trunk and heads. One forward pass, a backward pass through
 * each head, and one through the trunk with the weighted sum of what the heads sent down.
 */
import { add, clone, concat, Tensor, type Variable } from '@tensorflow/tfjs-core';
import { CounterpoiseError } from 'counterpoise';
import { weightedGradients } from './heads.js';
import { type Losses, presentLosses, stacked } from './losses.js';
import { measuring } from './measures.js';
import { checkReach, type Step, type Way, weigh } from './step.js';
import { rowsOf, sharedOf, weightedSum } from './table.js';
import { gradientsOf, offTape, reachedBy, tidied, withCotangents } from './tape.js';

/** What a trunk may hand to its heads. */
export type Representation = Tensor | readonly Tensor[] | Readonly<Record<string, Tensor>>;

/** A model in two parts. Both must be pure functions of variables and data. */
export interface TrunkAndHeads<Z extends Representation> {
  /** What all losses have in common. */
  readonly trunk: () => Z;
  /** The losses, from what `trunk` returned. */
  readonly heads: (representation: Z) => Losses;
}

export function atRepresentation<Z extends Representation>(step: Step, { trunk, heads }: TrunkAndHeads<Z>): Way {
  const representation = tidied(trunk);
  const tensors = tensorsIn(representation);
  const detached = offTape(() => tensors.map((tensor) => clone(tensor)));
  const named = presentLosses(tidied(() => heads(withTensors(representation, detached))));
  const count = named.names.length;
  const targets = [...detached, ...step.variables];
  checkReach(step, named, targets);

  const perLoss = named.tensors.map((loss) => gradientsOf(loss, targets));
  const rows = rowsOf(perLoss, targets.length);
  const boundary = rows.slice(0, detached.length);
  const rowOf = (variable: Variable) => rows[detached.length + step.variables.indexOf(variable)]!;
  const shared = sharedOf(boundary, count);
  if (shared.length === 0) {
    throw new CounterpoiseError(
      'evidence',
      `no tensor that "trunk" returned is reached by two of the losses ${named.names.join(', ')}: compute them from the argument of "heads"`,
    );
  }
  const { sums, read } = offTape(() => measuring(shared, count, step.needs));
  return {
    wanted: offTape(() => concat([stacked(named), sums])),
    finish(values) {
      const { numbers, weights } = weigh(step, named, values, read(values.subarray(count)));
      const gradients = weightedGradients(step, named, weights, {
        gradients(factors, variables) {
          const cotangents = offTape(() => boundary.map((row) => weightedSum(row, factors)));
          const ofTrunk = gradientsOf(
            withCotangents(
              tensors.filter((_, at) => cotangents[at]),
              cotangents.filter((cotangent) => cotangent !== undefined),
            ),
            variables,
          );
          return offTape(() => variables.map((one, at) => sumOf(ofTrunk[at], weightedSum(rowOf(one), factors))));
        },
        reached: (k) =>
          [named.tensors[k]!, ...tensors.filter((_, at) => boundary[at]![k])].flatMap((tensor) =>
            reachedBy(tensor, step.variables),
          ),
      });
      return { numbers, gradients };
    },
  };
}

function sumOf(a: Tensor | undefined, b: Tensor | undefined): Tensor | undefined {
  return a && b ? add(a, b) : (a ?? b);
}

function tensorsIn(representation: Representation): readonly Tensor[] {
  const tensors = representation instanceof Tensor ? [representation] : Object.values(representation ?? {});
  if (tensors.length > 0 && tensors.every((tensor) => tensor instanceof Tensor && tensor.dtype === 'float32')) {
    return tensors;
  }
  throw new CounterpoiseError(
    'evidence',
    '"trunk" must return a float32 tensor, or a list or record of such, got something else',
  );
}

/** The same structure with other tensors. */
function withTensors<Z extends Representation>(representation: Z, tensors: readonly Tensor[]): Z {
  if (representation instanceof Tensor) return tensors[0] as Z;
  if (Array.isArray(representation)) return tensors as unknown as Z;
  return Object.fromEntries(Object.keys(representation).map((key, at) => [key, tensors[at]!])) as Z;
}
