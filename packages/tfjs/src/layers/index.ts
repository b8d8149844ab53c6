/**
 * Loss balancing for `tf.LayersModel`. Needs no more of `@tensorflow/tfjs-layers` than the model at hand.
 *
 * @module
 */
export { compileBalanced } from './compile.js';
export { restoreBalancer, storeBalancer } from './saving.js';
