import { CounterpoiseError } from './errors.js';
import { show } from './json.js';

/** The memory half of a rule that remembers nothing. */
export const stateless = {
  init: () => null,
  restore(_tasks: readonly string[], memory: unknown): null {
    if (memory !== null)
      throw new CounterpoiseError('state', `"state" must be null for this method, got ${show(memory)}`);
    return null;
  },
};
