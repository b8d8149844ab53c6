import type { Pointer } from './ort-api.js';

let live = 0;

/**
 * How many native objects (environment, sessions, bindings ...) this thread owns: zero when everything was released.
 *
 * For tests that look for leaks.
 */
export function liveNativeObjects(): number {
  return live;
}

/** An owned native object. Its owner releases it; releasing twice does nothing. */
export interface Native {
  readonly pointer: Pointer;
  release(): void;
}

/** Takes ownership of a native object that `destroy` frees. */
export function own(pointer: Pointer, destroy: (pointer: Pointer) => void): Native {
  live++;
  let released = false;
  return {
    pointer,
    release() {
      if (released) return;
      released = true;
      live--;
      destroy(pointer);
    },
  };
}
