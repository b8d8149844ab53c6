/** Which column of a CSV file means what: by the names in its header, in any order. */
import { show } from './fields.js';

/** The first column that has one of the names is taken; case, blanks, dots, dashes and underscores make no difference. */
const NAMES = {
  picture: [
    'path',
    'filename',
    'filepath',
    'file',
    'image',
    'imagepath',
    'imagename',
    'imagefile',
    'imageid',
    'img',
    'picture',
    'name',
  ],
  class: ['class', 'label', 'classname', 'labelname', 'category', 'categoryname', 'object'],
  x1: ['xmin', 'x1', 'left', 'bboxxmin', 'bboxx1', 'x', 'bboxx'],
  y1: ['ymin', 'y1', 'top', 'bboxymin', 'bboxy1', 'y', 'bboxy'],
  x2: ['xmax', 'x2', 'right', 'bboxxmax', 'bboxx2'],
  y2: ['ymax', 'y2', 'bottom', 'bboxymax', 'bboxy2'],
  boxWidth: ['w', 'bboxwidth', 'boxwidth', 'bboxw'],
  boxHeight: ['h', 'bboxheight', 'boxheight', 'bboxh'],
  /** Of the picture, beside corners; of the box where the far corner is not given. */
  width: ['width', 'imagewidth', 'imgwidth'],
  height: ['height', 'imageheight', 'imgheight'],
  split: ['split', 'set', 'subset', 'dataset', 'partition', 'fold'],
} as const satisfies Record<string, readonly string[]>;

type Field = keyof typeof NAMES;
type Columns = Readonly<Record<'picture' | 'class' | 'x1' | 'y1', number>>;

export interface CsvColumns extends Columns {
  /** Columns of x2 and y2, or of the width and height of the box. */
  readonly far: { readonly kind: 'corner' | 'extent'; readonly x: number; readonly y: number };
  /** Of the picture, in pixels. */
  readonly size: { readonly width: number; readonly height: number } | undefined;
  readonly split: number | undefined;
}

/** @throws Error that names the columns that are missing, or one that is there twice. */
export function findColumns(header: readonly string[]): CsvColumns {
  const found = new Map<Field, number>();
  const plain = header.map((name) => name.toLowerCase().replace(/[\s._-]+/g, ''));
  for (const field of Object.keys(NAMES) as Field[]) {
    const name = NAMES[field].find((name) => plain.includes(name));
    if (name === undefined) continue;
    const at = plain.indexOf(name);
    if (plain.indexOf(name, at + 1) >= 0) throw new Error(`line 1: there are two columns ${show(header[at])}`);
    found.set(field, at);
  }
  const [x2, y2] = [found.get('x2'), found.get('y2')];
  const hasCorner = x2 !== undefined || y2 !== undefined;
  const far = hasCorner
    ? { kind: 'corner' as const, x: x2, y: y2 }
    : {
        kind: 'extent' as const,
        x: found.get('boxWidth') ?? found.get('width'),
        y: found.get('boxHeight') ?? found.get('height'),
      };
  const missing = [
    ...(['picture', 'class', 'x1', 'y1'] as const).filter((field) => !found.has(field)),
    ...(far.x === undefined ? (['x2'] as const) : []),
    ...(far.y === undefined ? (['y2'] as const) : []),
  ];
  if (missing.length > 0) {
    const names = missing.map((field) => `${NAMES[field][0]} (or ${NAMES[field].slice(1, 3).join(', ')})`);
    throw new Error(`line 1: the column ${names.join(' and ')} is missing; the header is ${show(header.join(','))}`);
  }
  const [width, height] = [found.get('width'), found.get('height')];
  const isOfPicture = width !== undefined && height !== undefined && far.x !== width && far.y !== height;
  return {
    picture: found.get('picture')!,
    class: found.get('class')!,
    x1: found.get('x1')!,
    y1: found.get('y1')!,
    far: { kind: far.kind, x: far.x!, y: far.y! },
    size: isOfPicture ? { width, height } : undefined,
    split: found.get('split'),
  };
}
