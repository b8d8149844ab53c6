/**
 * Every method as data: formula, source, needs, options, properties. Apart from the core, so that a program that only
 * weighs losses does not carry the texts.
 *
 * @module
 */
export type { Family, MethodRow, Property } from './method-row.js';
export { kebabCase } from './options.js';
export { parseComposition, parseOptions } from './parse-options.js';
export { type AnyMethodRow, methodRow, methods } from './registry.js';
