/** Gradients in memory of their own, between the phases of a step. */
import { add, type Tensor, type Update, Variable } from '@counterpoise/engine';

/** One buffer per parameter that has a gradient; `undefined` in the place of the others. */
export class GradientBuffers {
  readonly variables: readonly (Variable | undefined)[];

  /** @param shared buffers whose memory these take over; else they get memory of their own. */
  constructor(
    parameters: readonly Variable[],
    isPresent: (parameter: Variable) => boolean,
    name: string,
    shared?: readonly (Variable | undefined)[],
  ) {
    this.variables = parameters.map((parameter, at) => {
      if (!isPresent(parameter)) return undefined;
      const data = shared?.[at]?.data ?? new Float32Array(parameter.size);
      return new Variable(`${parameter.name}.${name}`, parameter.shape, data);
    });
  }

  /** Puts gradients into the buffers, or adds them to what is there. One gradient per parameter, in their order. */
  updates(gradients: readonly (Tensor | undefined)[], accumulates: boolean): Update[] {
    return this.variables.flatMap((variable, at) => {
      const gradient = gradients[at];
      if (!variable || !gradient) return [];
      return [{ variable, value: accumulates ? add(variable, gradient) : gradient }];
    });
  }

  clear(): void {
    for (const variable of this.variables) variable?.data.fill(0);
  }
}
