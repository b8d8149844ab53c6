/** How long, and where gradients are measured: the same for all engines. */
export interface RunLength {
  readonly steps: number;
  /** The epoch of step t, from 0, is floor(t / stepsPerEpoch). */
  readonly stepsPerEpoch: number;
}

export interface Run extends RunLength {
  readonly boundary: Boundary;
}

export type Boundary = 'parameters' | 'representation';
