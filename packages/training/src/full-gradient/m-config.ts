/**
 * M-ConFIG (Liu et al. 2024, algorithm 2). The step differentiates one loss, in turn:
 * m_k <- beta1 m_k + (1 - beta1) g_k; c = sum_k w_k m_k / (1 - beta1^t_k) with the weights of ConFIG; then, as Adam does for a
 * gradient, with the pseudo-gradient that would have made the mean M = (1 - beta1^t) c:
 * s <- beta2 s + (1 - beta2) ((M - beta1 M_before) / (1 - beta1))^2, d = c / (sqrt(s / (1 - beta2^t)) + 1e-8).
 * t_k counts the turns of a loss, t the steps since every loss has had one; before that d = 0.
 */
import { add, div, Input, mul, sqrt, square, sub, type Tensor, type Update, type Variable } from '@counterpoise/engine';
import { measuring, rowsOf } from '../gradients/measures.js';
import { combinedGradients } from '../gradients/weighted.js';
import { movingAverages, scaledAverages } from './moving-average.js';
import { type GradientStage, type StageSite, type StepFacts, sharedPlaces } from './stage.js';
import { StageState } from './stage-state.js';

const COUNTS = 'counts';
const RAMP = 'ramp';
const SQUARES_RAMP = 'squares_ramp';

export function mConfigStage(beta1: number, beta2: number): GradientStage {
  const state = new StageState();
  /** The first loss that is present, from the one whose turn it is. */
  const turn = (step: number, present: readonly boolean[]) => {
    const inOrder = present.map((_, i) => (step - 1 + i) % present.length);
    return inOrder.find((k) => present[k]) ?? inOrder[0]!;
  };
  return {
    name: 'm-config',
    needs: [],
    state,
    turn,
    plan(site) {
      const all = [...site.parameters.keys()];
      const shared = sharedPlaces(site);
      const averages = movingAverages(site, state, 'm_config', all);
      const { scaled, feeds } = scaledAverages(site, averages.values, all);
      const configured = combinedGradients(site, scaled, site.weights, site.heads);
      const stretched = stretch(site, state, configured, beta1, beta2);
      // t_1 ... t_K and t.
      const counts = state.variable('m_config.counts', [site.names.length + 1]);
      const newCounts = new Input(COUNTS, counts.shape);
      const counted = (facts: StepFacts) => countsAfter(counts, facts, turn(facts.step, facts.present));
      const corrections = (facts: StepFacts) => [...counted(facts)].slice(0, -1).map((count) => 1 - beta1 ** count);
      return {
        measuring: measuring(rowsOf(averages.values, shared), site.names.length, new Set(['gramian'])),
        combined: stretched.combined,
        updates: [...averages.updates, ...stretched.updates, { variable: counts, value: newCounts }],
        prepare(facts) {
          const now = turn(facts.step, facts.present);
          return averages.feeds(
            site.names.map((_, k) =>
              k === now && facts.present[k] ? { keep: beta1, gain: 1 - beta1 } : { keep: 1, gain: 0 },
            ),
          );
        },
        show({ gramian }, facts) {
          const factors = corrections(facts);
          // What no turn has reached yet is zero.
          const correct = (value: number, i: number, j: number) =>
            value === 0 ? 0 : value / factors[i]! / factors[j]!;
          return { gramian: gramian.map((row, i) => row.map((value, j) => correct(value, i, j))) };
        },
        settle(facts) {
          const after = counted(facts);
          const steps = after.at(-1)!;
          return {
            ...feeds(corrections(facts).map((correction) => (steps > 0 ? 1 / correction : 0))),
            [COUNTS]: after,
            [RAMP]: 1 - beta1 ** steps,
            [SQUARES_RAMP]: steps > 0 ? 1 - beta2 ** steps : 1,
          };
        },
      };
    },
  };
}

function countsAfter(counts: Variable, { present }: StepFacts, turn: number): Float32Array {
  const after = counts.data.slice();
  if (present[turn]) after[turn]! += 1;
  const last = after.length - 1;
  if (after.subarray(0, last).every((count) => count > 0)) after[last]! += 1;
  return after;
}

/** d, M and s. */
function stretch(
  site: StageSite,
  state: StageState,
  configured: readonly (Tensor | undefined)[],
  beta1: number,
  beta2: number,
): { combined: (Tensor | undefined)[]; updates: Update[] } {
  const [ramp, squaresRamp] = [new Input(RAMP, []), new Input(SQUARES_RAMP, [])];
  const updates: Update[] = [];
  const combined = configured.map((c, at) => {
    if (!c) return undefined;
    const parameter = site.parameters[at]!;
    const mean = state.variable(`${site.nameOf(parameter)}.m_config`, parameter.shape);
    const squares = state.variable(`${site.nameOf(parameter)}.m_config_squares`, parameter.shape);
    const newMean = mul(c, ramp);
    const pseudo = mul(sub(newMean, mul(mean, beta1)), 1 / (1 - beta1));
    const newSquares = add(mul(squares, beta2), mul(square(pseudo), 1 - beta2));
    updates.push({ variable: mean, value: newMean }, { variable: squares, value: newSquares });
    return div(c, add(sqrt(div(newSquares, squaresRamp)), 1e-8));
  });
  return { combined, updates };
}
