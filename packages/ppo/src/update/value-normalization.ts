/** What the critic learns: returns as they are, or normalised by their running mean and deviation, see `PopArt`. */
export const VALUE_NORMALIZATIONS = ['none', 'pop-art'] as const;
export type ValueNormalization = (typeof VALUE_NORMALIZATIONS)[number];
