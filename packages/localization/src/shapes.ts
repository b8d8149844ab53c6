/** The shape classes of generated pictures, as polygons. */

/** A closed polygon: x, y, x, y, ... Several contours are filled by the even-odd rule. */
export type Contour = Float64Array;

const CIRCLE_CORNERS = 48;

/** Around the origin, radius 1. */
const SHAPES = {
  circle: () => [regular(CIRCLE_CORNERS, 1)],
  square: () => [polygon([-0.8, -0.8, 0.8, -0.8, 0.8, 0.8, -0.8, 0.8])],
  triangle: () => [regular(3, 1)],
  star: () => [star(5, 0.42)],
  cross: () => [cross(0.3)],
  ring: () => [regular(CIRCLE_CORNERS, 1), regular(CIRCLE_CORNERS, 0.55)],
} satisfies Record<string, () => Contour[]>;

export type ShapeName = keyof typeof SHAPES;

export const SHAPE_NAMES = Object.keys(SHAPES) as readonly ShapeName[];

/** The shape scaled by (scaleX, scaleY), then turned by `angle` radians. */
export function shapeContours(name: ShapeName, scaleX: number, scaleY: number, angle: number): Contour[] {
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  return SHAPES[name]().map((contour) => {
    const turned = new Float64Array(contour.length);
    for (let at = 0; at < contour.length; at += 2) {
      const x = contour[at]! * scaleX;
      const y = contour[at + 1]! * scaleY;
      turned[at] = cos * x - sin * y;
      turned[at + 1] = sin * x + cos * y;
    }
    return turned;
  });
}

/** A straight bar around (x, y). */
export function bar(x: number, y: number, length: number, width: number, angle: number): Contour {
  const [ux, uy] = [(Math.cos(angle) * length) / 2, (Math.sin(angle) * length) / 2];
  const [vx, vy] = [(-Math.sin(angle) * width) / 2, (Math.cos(angle) * width) / 2];
  const corners = [
    x - ux - vx,
    y - uy - vy,
    x + ux - vx,
    y + uy - vy,
    x + ux + vx,
    y + uy + vy,
    x - ux + vx,
    y - uy + vy,
  ];
  return polygon(corners);
}

/** A rounded blob of no particular shape: radius r (1 + 0.35 sin(2 a + p) + 0.2 sin(3 a + q)). */
export function blob(x: number, y: number, radius: number, p: number, q: number): Contour {
  const corners = 24;
  return Float64Array.from({ length: corners * 2 }, (_, at) => {
    const angle = (2 * Math.PI * (at >> 1)) / corners;
    const r = radius * (1 + 0.35 * Math.sin(2 * angle + p) + 0.2 * Math.sin(3 * angle + q));
    return at % 2 === 0 ? x + r * Math.cos(angle) : y + r * Math.sin(angle);
  });
}

/** The tight box around contours: [x1, y1, x2, y2]. */
export function bounds(contours: readonly Contour[]): [number, number, number, number] {
  const box: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const contour of contours) {
    for (let at = 0; at < contour.length; at += 2) {
      box[0] = Math.min(box[0], contour[at]!);
      box[1] = Math.min(box[1], contour[at + 1]!);
      box[2] = Math.max(box[2], contour[at]!);
      box[3] = Math.max(box[3], contour[at + 1]!);
    }
  }
  return box;
}

export function moved(contour: Contour, x: number, y: number): Contour {
  return contour.map((value, at) => value + (at % 2 === 0 ? x : y));
}

function polygon(corners: number[]): Contour {
  return Float64Array.from(corners);
}

function regular(corners: number, radius: number): Contour {
  return onCircle(corners, () => radius);
}

function star(points: number, inner: number): Contour {
  return onCircle(points * 2, (corner) => (corner % 2 === 0 ? 1 : inner));
}

function cross(half: number): Contour {
  const arm: [number, number][] = [
    [half, -half],
    [1, -half],
    [1, half],
  ];
  const corners: number[] = [];
  for (let [cos, sin, turn] = [1, 0, 0]; turn < 4; turn++, [cos, sin] = [-sin, cos]) {
    for (const [x, y] of arm) corners.push(cos * x - sin * y, sin * x + cos * y);
  }
  return polygon(corners);
}

function onCircle(corners: number, radius: (corner: number) => number): Contour {
  return Float64Array.from({ length: corners * 2 }, (_, at) => {
    const corner = at >> 1;
    const angle = (2 * Math.PI * corner) / corners;
    return radius(corner) * (at % 2 === 0 ? Math.sin(angle) : -Math.cos(angle));
  });
}
