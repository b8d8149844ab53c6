/**
 * Every method as data: formula, source, needs, options, properties. Apart from the core, so that a program that only
 * weighs losses does not carry the texts.
 *
 * @module
 */
export type { Family, MethodRow, Property } from './method-row.js';
export { vaccinate } from './methods/gramian/gradvac.js';
export { type DbMtlMomentumOptions, dbMtlScale } from './methods/whole/db-mtl-momentum.js';
export type { ExcessMtlOptions } from './methods/whole/excess-mtl.js';
export type { GradDropOptions } from './methods/whole/grad-drop.js';
export type { GradvacLayersOptions } from './methods/whole/gradvac-layers.js';
export type { MConfigOptions } from './methods/whole/m-config.js';
export { type MocoOptions, mocoScale } from './methods/whole/moco.js';
export type { TrimmedMeanOptions } from './methods/whole/trimmed-mean.js';
export { forTask, kebabCase } from './options.js';
export { parseComposition, parseOptions } from './parse-options.js';
export { type AnyMethodRow, allMethods, methodRow, methods } from './registry.js';
export { type ResolvedMethod, resolveMethod, type WholeGradientName, wholeGradientMethods } from './whole-gradients.js';
