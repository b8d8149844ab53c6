/** The plain JavaScript backend. The gradients of the operations are registered by tfjs-layers, not by tfjs-core. */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-layers';
import { env } from '@tensorflow/tfjs-core';

// No advice to install another backend.
env().set('IS_NODE', false);
