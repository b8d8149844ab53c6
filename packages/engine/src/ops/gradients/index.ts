import { elementwiseGradients } from './elementwise.js';
import { linearGradients } from './linear.js';
import { normalizationGradients } from './normalization.js';
import type { GradientRules } from './rule.js';
import { shapeGradients } from './shape.js';

export const gradientRules: GradientRules = {
  ...elementwiseGradients,
  ...linearGradients,
  ...normalizationGradients,
  ...shapeGradients,
};

/**
 * Operations through which no gradient passes: their slope is zero wherever it exists, their result is not float32, or
 * (`Identity`) they were made to stop it.
 */
export const gradientStops: ReadonlySet<string> = new Set(['Identity', 'Sign', 'Greater', 'Less', 'Equal', 'Cast']);
