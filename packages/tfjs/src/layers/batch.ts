/** What training and validation both compute on a batch. */
import { mean, mul, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

export interface Batch {
  readonly inputs: Tensor[];
  readonly targets: readonly Tensor[];
  readonly sampleWeights: readonly Tensor[];
}

export function splitBatch({ inputs, outputs }: LayersModel, data: readonly Tensor[]): Batch {
  const [first, second] = [inputs.length, inputs.length + outputs.length];
  return {
    inputs: data.slice(0, first),
    targets: data.slice(first, second),
    sampleWeights: data.slice(second, second + outputs.length),
  };
}

export function forward(model: LayersModel, { inputs }: Batch, training: boolean): readonly Tensor[] {
  const outputs = model.call(inputs, { training });
  return Array.isArray(outputs) ? outputs : [outputs];
}

/** The mean loss of each output, by its name. */
export function lossesOf(
  { lossFunctions, outputNames }: LayersModel,
  { targets, sampleWeights }: Batch,
  outputs: readonly Tensor[],
): Record<string, Scalar> {
  return Object.fromEntries(
    lossFunctions.map((lossFunction, at) => {
      const perSample = lossFunction(targets[at]!, outputs[at]!);
      const weights = sampleWeights[at];
      return [outputNames[at]!, mean<Scalar>(weights ? mul(perSample, weights) : perSample)];
    }),
  );
}

/** The metrics that the user asked for: the first entries are the losses of the outputs. */
export function metricsOf(model: LayersModel, { targets }: Batch, outputs: readonly Tensor[]): Scalar[] {
  return model.metricsTensors
    .slice(model.outputs.length)
    .map(([metric, at]) => mean<Scalar>(metric(targets[at]!, outputs[at]!)));
}
