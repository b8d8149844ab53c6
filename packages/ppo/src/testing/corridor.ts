/** A user's own environment, as short as one gets: walk right from 0 to `length`; the start is drawn. */
import type { Random } from '@counterpoise/nn';
import type { Environment, Step } from '../environment.js';
import { Box, Discrete } from '../spaces.js';

export class Corridor implements Environment<Discrete> {
  readonly observationSpace: Box;
  readonly actionSpace = new Discrete(2);
  at = 0;

  /** @param starts an episode starts at one of the first so many places. */
  constructor(
    readonly length = 5,
    readonly starts = 2,
  ) {
    this.observationSpace = new Box([0], [length]);
  }

  reset(random: Random): number[] {
    this.at = random.integer(this.starts);
    return [this.at];
  }

  step(action: number): Step {
    this.at = Math.max(0, this.at + (action === 1 ? 1 : -1));
    return { observation: [this.at], reward: -1, terminated: this.at === this.length, truncated: false };
  }
}
