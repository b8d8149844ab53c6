import type { Json } from '@counterpoise/training';

/**
 * A change of what vectorised environments give, in place; episode returns are counted before it. Several are applied in the
 * order in which they are listed.
 */
export interface Transform {
  /** Tells it from its neighbours in a saved state. */
  readonly name: string;
  /**
   * @param rows observations one after the other, each of `size` numbers.
   * @param learn whether running statistics take them in; false for the final observations of episodes.
   */
  observations?(rows: Float32Array, size: number, learn: boolean): void;
  /** @param rewards one per environment. @param ended 1 where an episode ended with this step. */
  rewards?(rewards: Float64Array, ended: Uint8Array): void;
  /** What has to be kept for a run that goes on; with `load` for transforms that have a memory. */
  save?(): Json;
  load?(state: Json): void;
}
