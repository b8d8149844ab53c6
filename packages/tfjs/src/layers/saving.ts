/** The state of a balancer beside the weights of a model, in whatever place the model is saved to. */
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { type Balancer, CounterpoiseError, type Need } from 'counterpoise';

const KEY = 'counterpoise';

/**
 * Puts the balancer's state of now into the user-defined metadata of the model, beside what is there: the next `model.save` takes
 * it along, with any IO handler.
 */
export function storeBalancer<N extends Need>(model: LayersModel, balancer: Balancer<N>): void {
  model.setUserDefinedMetadata({ ...model.getUserDefinedMetadata(), [KEY]: balancer.state() });
}

/**
 * Goes on from the state that was saved with the model.
 * @throws CounterpoiseError if there is none, or it is that of another method, other options or other losses.
 */
export function restoreBalancer<N extends Need>(model: LayersModel, balancer: Balancer<N>): void {
  const metadata = model.getUserDefinedMetadata() as Record<string, unknown> | undefined;
  const state = metadata?.[KEY];
  if (state === undefined) {
    throw new CounterpoiseError(
      'state',
      `model "${model.name}" holds no balancer: call storeBalancer before model.save`,
    );
  }
  balancer.load(state);
}
