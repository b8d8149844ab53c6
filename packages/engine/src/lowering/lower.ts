/** From operations to ONNX nodes: every operation by the rule of its kind. */
import type { Tensor } from '../graph/tensor.js';
import { operationsBefore } from '../graph/traverse.js';
import { lowerBatchNormalization, lowerBatchNormTraining, lowerBatchNormTrainingGrad } from './batch-norm.js';
import { lowerConv, lowerConvInputGrad, lowerConvWeightGrad, lowerConvWeightGradProducts } from './convolution.js';
import { lowerElementwise, lowerReduce, lowerReluGrad } from './elementwise.js';
import { Layouts } from './layout.js';
import { type LoweringRule, plainRules } from './operators.js';
import { lowerAveragePoolGrad, lowerGlobalAveragePool, lowerMaxPoolGrad, lowerPool } from './pooling.js';

const ELEMENTWISE = [
  ...['Add', 'Sub', 'Mul', 'Div', 'Min', 'Max', 'Pow', 'Greater', 'Less', 'Equal', 'Where', 'Cast', 'Expand'],
  ...['Neg', 'Exp', 'Log', 'Sqrt', 'Abs', 'Sign', 'Sigmoid', 'Tanh', 'Softplus', 'Reciprocal', 'Erf', 'Atan', 'Relu'],
];

/** The rules for training: images in the order that is fast. */
export const trainingRules: Record<string, LoweringRule> = {
  ...plainRules,
  ...Object.fromEntries(ELEMENTWISE.map((kind) => [kind, lowerElementwise])),
  Conv: lowerConv,
  ConvInputGrad: lowerConvInputGrad,
  ConvWeightGrad: lowerConvWeightGrad,
  ConvWeightGradProducts: lowerConvWeightGradProducts,
  BatchNormTraining: lowerBatchNormTraining,
  BatchNormTrainingGrad: lowerBatchNormTrainingGrad,
  BatchNormalization: lowerBatchNormalization,
  ReluGrad: lowerReluGrad,
  MaxPool: lowerPool,
  MaxPoolGrad: lowerMaxPoolGrad,
  AveragePool: lowerPool,
  AveragePoolGrad: lowerAveragePoolGrad,
  GlobalAveragePool: lowerGlobalAveragePool,
  ReduceSum: lowerReduce,
  ReduceMean: lowerReduce,
};

export function lower(targets: Iterable<Tensor>, rules: Record<string, LoweringRule>): Layouts {
  const layouts = new Layouts();
  for (const operation of operationsBefore(targets)) {
    const rule = rules[operation.kind];
    if (!rule) throw new Error(`internal: no lowering rule for ${operation.kind}`);
    rule(operation, layouts);
  }
  return layouts;
}
