/**
 * GradVac (Wang et al. 2021) with a target cosine per layer, `all_layer` of the paper: each layer has its own Gramian, targets
 * and weights v_k, and d = sum_k w_k v_k g_k there. A layer is what has one name up to the last dot, such as weight and bias.
 */
import { type Feeds, Input, mul, type Update } from '@counterpoise/engine';
import { Random } from '@counterpoise/nn';
import { vaccinate } from 'counterpoise/catalog';
import { combinedGradients } from '../gradients/weighted.js';
import { type GradientStage, type StageSite, type StepFacts, sharedPlaces } from './stage.js';
import { StageState } from './stage-state.js';

export interface GradvacSettings {
  readonly beta: number;
  readonly epsilon: number;
  readonly order: 'random' | 'ascending';
  readonly seed: number;
}

/** The order in which gradients meet depends on seed, step and layer alone, so that the targets are the whole state. */
export function gradvacStage(settings: GradvacSettings): GradientStage {
  const state = new StageState();
  return {
    name: 'gradvac',
    needs: ['gramian'],
    state,
    plan(site) {
      const places = sharedPlaces(site);
      const layers = layersOf(site, places);
      const updates: Update[] = [];
      const vaccinated = site.gradients.map((ofLoss) => [...ofLoss]);
      const parts = layers.map((layer) => {
        const factors = site.names.flatMap((loss, k) => {
          const reached = layer.places.filter((at) => vaccinated[k]![at]);
          const input = new Input(`vaccine/${layer.name}/${loss}`, []);
          for (const at of reached) vaccinated[k]![at] = mul(vaccinated[k]![at]!, input);
          return reached.length > 0 ? [{ k, input }] : [];
        });
        const shape = [site.names.length, site.names.length];
        const targets = state.variable(`${layer.name}.gradvac_targets`, shape);
        const newTargets = new Input(`targets/${layer.name}`, shape);
        updates.push({ variable: targets, value: newTargets });
        return { ...layer, factors, targets, newTargets, tensors: layer.places.map((at) => places.indexOf(at)) };
      });
      return {
        combined: combinedGradients(site, vaccinated, site.weights, site.heads),
        updates,
        settle(facts) {
          const feeds: Record<string, Feeds[string]> = {};
          for (const { name, factors, targets, newTargets, tensors } of parts) {
            const result = treat(settings, facts, name, tensors, targets.data);
            for (const { k, input } of factors) feeds[input.name] = result.weights[k]!;
            feeds[newTargets.name] = result.targets;
          }
          return feeds;
        },
      };
    },
  };
}

/** In the order of the parameters. */
function layersOf({ parameters, nameOf }: StageSite, places: readonly number[]) {
  const layers = new Map<string, number[]>();
  for (const at of places) {
    const name = nameOf(parameters[at]!).replace(/\.[^.]*$/, '');
    layers.set(name, [...(layers.get(name) ?? []), at]);
  }
  return [...layers].map(([name, ofLayer]) => ({ name, places: ofLayer }));
}

/** Weights and new targets of one layer, K x K row by row; losses without samples are left out and keep their targets. */
function treat(
  { beta, epsilon, order, seed }: GradvacSettings,
  { step, present, measures }: StepFacts,
  layer: string,
  tensors: readonly number[],
  targets: Float32Array,
): { weights: number[]; targets: Float32Array } {
  const count = present.length;
  const active = [...present.keys()].filter((k) => present[k]);
  const of = (pick: (i: number, j: number) => number) => active.map((i) => active.map((j) => pick(i, j)));
  const gramian = of((i, j) => tensors.reduce((sum, tensor) => sum + measures.perTensor[tensor]![i]![j]!, 0));
  const random = new Random(seed, 'gradvac', step, layer);
  const visits = active.map(() => (order === 'random' ? [...random.permutation(active.length)] : [...active.keys()]));
  const treated = vaccinate(
    gramian,
    visits,
    of((i, j) => targets[i * count + j]!),
    { beta, epsilon },
  );
  const weights = present.map(() => 1);
  const next = targets.slice();
  for (const [a, i] of active.entries()) {
    weights[i] = treated.weights[a]!;
    for (const [b, j] of active.entries()) next[i * count + j] = treated.targets[a]![b]!;
  }
  return { weights, targets: next };
}
