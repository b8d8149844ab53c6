/** How many buffers a device holds: jax-js does not tell, but all of them come and go by three functions of its backend. */
import { type Device, devicePut, numpy as np } from '@jax-js/jax';

interface Backend {
  malloc(size: number, initialData?: Uint8Array): number;
  incRef(slot: number): void;
  decRef(slot: number): void;
}

/** Counts from now on: buffers made since and not freed. */
export async function countBuffers(device: Device): Promise<() => number> {
  const backend = await backendOf(device);
  const references = new Map<number, number>();
  const { malloc, incRef, decRef } = backend;
  const add = (slot: number, by: number) => {
    const count = references.get(slot);
    if (count === undefined) return;
    if (count + by > 0) references.set(slot, count + by);
    else references.delete(slot);
  };
  backend.malloc = (...args) => {
    const slot = malloc.apply(backend, args);
    references.set(slot, 1);
    return slot;
  };
  backend.incRef = (slot) => {
    incRef.call(backend, slot);
    add(slot, 1);
  };
  backend.decRef = (slot) => {
    decRef.call(backend, slot);
    add(slot, -1);
  };
  return () => references.size;
}

/** The object is not public, but `devicePut` hands it to the array. */
async function backendOf(device: Device): Promise<Backend> {
  const array = np.zeros([1]);
  return new Promise((resolve, reject) => {
    array._put = async (backend) => {
      resolve(backend);
      return array;
    };
    devicePut(array, device).catch(reject);
  });
}
