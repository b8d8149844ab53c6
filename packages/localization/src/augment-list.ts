/** `--augment crop,flip,colour,rotate=15`: the changes of training pictures as a user writes them. */
import { type Augmentation, checkAugmentation, DEFAULT_AUGMENTATION } from './transforms.js';

const NOTHING: Augmentation = {
  crop: 1,
  horizontalFlip: 0,
  brightness: 0,
  contrast: 0,
  saturation: 0,
  rotate: 0,
  blur: 0,
  erase: 0,
};

interface Change {
  readonly fields: readonly (keyof Augmentation)[];
  /** Its strength when none is given. */
  readonly usual: number;
  /** What the strength is, for `--help`. */
  readonly strength: string;
}

const { crop, horizontalFlip, brightness } = DEFAULT_AUGMENTATION;

export const AUGMENTATIONS: Readonly<Record<string, Change>> = {
  crop: { fields: ['crop'], usual: crop, strength: 'least share of each side that is kept, in (0, 1]' },
  flip: { fields: ['horizontalFlip'], usual: horizontalFlip, strength: 'probability, in [0, 1]' },
  colour: {
    fields: ['brightness', 'contrast', 'saturation'],
    usual: brightness,
    strength: 'share by which brightness, contrast and saturation change at most, in [0, 1]',
  },
  rotate: { fields: ['rotate'], usual: 10, strength: 'largest angle in degrees, up to 45' },
  blur: { fields: ['blur'], usual: 0.01, strength: 'largest standard deviation in units of the side, up to 0.1' },
  erase: { fields: ['erase'], usual: 0.25, strength: 'probability, in [0, 1]' },
};

export const DEFAULT_AUGMENT = 'crop,flip,colour';

/**
 * @param text names of `AUGMENTATIONS`, each once, with commas between them, such as `flip,rotate=15`; or `none`.
 * @throws RangeError that names the wrong part.
 */
export function parseAugmentation(text: string): Augmentation | undefined {
  if (text.trim() === 'none') return undefined;
  const augmentation: { -readonly [K in keyof Augmentation]: number } = { ...NOTHING };
  const seen = new Set<string>();
  for (const part of text.split(',')) {
    const [name = '', value, ...rest] = part.split('=').map((word) => word.trim());
    const change = Object.hasOwn(AUGMENTATIONS, name) ? AUGMENTATIONS[name] : undefined;
    if (!change || rest.length > 0) {
      throw new RangeError(
        `"augment" must be of ${Object.keys(AUGMENTATIONS).join(', ')}, or none, got "${part.trim()}"`,
      );
    }
    if (seen.has(name)) throw new RangeError(`"augment" must name each change once, got "${name}" twice`);
    seen.add(name);
    const strength = value === undefined ? change.usual : Number(value === '' ? Number.NaN : value);
    for (const field of change.fields) {
      augmentation[field] = strength;
    }
    try {
      checkAugmentation(augmentation);
    } catch {
      throw new RangeError(`"augment" ${name} must be its ${change.strength}, got "${value}"`);
    }
  }
  return augmentation;
}
