import { describe, expect, it } from 'vitest';
import { DEFAULT_AUGMENT, parseAugmentation } from './augment-list.js';
import { DEFAULT_AUGMENTATION } from './transforms.js';

const NOTHING = { crop: 1, horizontalFlip: 0, brightness: 0, contrast: 0, saturation: 0, rotate: 0, blur: 0, erase: 0 };

describe('parseAugmentation', () => {
  it('gives the default for its list', () => {
    expect(parseAugmentation(DEFAULT_AUGMENT)).toEqual(DEFAULT_AUGMENTATION);
  });

  it('takes strengths, usual or given, and switches the others off', () => {
    expect(parseAugmentation('flip, rotate=15,blur')).toEqual({
      ...NOTHING,
      horizontalFlip: 0.5,
      rotate: 15,
      blur: 0.01,
    });
    expect(parseAugmentation('colour=0.4')).toEqual({ ...NOTHING, brightness: 0.4, contrast: 0.4, saturation: 0.4 });
    expect(parseAugmentation('crop=0.3,erase=1')).toEqual({ ...NOTHING, crop: 0.3, erase: 1 });
  });

  it('none is none', () => expect(parseAugmentation('none')).toBeUndefined());

  it.each([
    ['spin', '"augment" must be of crop, flip, colour, rotate, blur, erase, or none, got "spin"'],
    ['', '"augment" must be of crop, flip, colour, rotate, blur, erase, or none, got ""'],
    ['flip,none', 'or none, got "none"'],
    ['toString', 'or none, got "toString"'],
    ['flip=0.5=1', 'or none, got "flip=0.5=1"'],
    ['flip,flip=1', '"augment" must name each change once, got "flip" twice'],
    ['rotate=90', '"augment" rotate must be its largest angle in degrees, up to 45, got "90"'],
    ['flip=', '"augment" flip must be its probability, in [0, 1], got ""'],
    ['crop=0', '"augment" crop must be its least share of each side that is kept, in (0, 1], got "0"'],
    ['blur=much', 'got "much"'],
    ['colour=2', '"augment" colour must be its share by which'],
  ])('refuses %j', (text, message) => {
    expect(() => parseAugmentation(text)).toThrow(message);
  });
});
