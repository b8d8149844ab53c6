/** Pictures with one bright shape on a noisy ground. */
export const SIDE = 16;
/** Of a side of the photo behind the small picture: boxes are told in them, as data sets do. */
export const PIXELS = 640;
export const SHAPES = ['disc', 'square', 'ring', 'cross'];

/** @returns pictures [count, SIDE, SIDE, 1], classes as numbers, boxes [left, top, right, bottom]. */
export function drawBatch(count, random = Math.random) {
  const pictures = new Float32Array(count * SIDE * SIDE).map(() => 0.3 * random());
  const classes = [];
  const boxes = [];
  for (let i = 0; i < count; i++) {
    const shape = Math.floor(SHAPES.length * random());
    const radius = 3 + 2.5 * random();
    const [x, y] = [0, 0].map(() => radius + (SIDE - 2 * radius) * random());
    for (let row = 0; row < SIDE; row++) {
      for (let column = 0; column < SIDE; column++) {
        const [dx, dy] = [Math.abs(column + 0.5 - x), Math.abs(row + 0.5 - y)];
        if (isInside(SHAPES[shape], dx, dy, radius)) pictures[(i * SIDE + row) * SIDE + column] += 0.7;
      }
    }
    classes.push(shape);
    boxes.push([x - radius, y - radius, x + radius, y + radius].map((place) => (PIXELS * place) / SIDE));
  }
  return { pictures, classes, boxes };
}

function isInside(shape, dx, dy, radius) {
  const distance = Math.hypot(dx, dy);
  if (shape === 'square') return Math.max(dx, dy) < radius;
  if (shape === 'cross') return Math.min(dx, dy) < 1 && Math.max(dx, dy) < radius;
  return distance < radius && (shape === 'disc' || distance > radius - 2);
}
