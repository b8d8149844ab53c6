/**
 * Losses on the overlap of two boxes, with torchvision.ops' formulas and names. IoU is the intersection over the union:
 *
 *     GIoU loss = 1 - IoU + (area of C - union) / area of C              Rezatofighi et al. 2019, algorithm 1
 *     DIoU loss = 1 - IoU + (distance of centres)^2 / (diagonal of C)^2   Zheng et al. 2020, equation 7
 *     CIoU loss = DIoU loss + alpha v                                    Zheng et al. 2020, equations 8 to 11
 *
 * with C the smallest box around both, v = (4 / pi^2) (atan(w' / h') - atan(w / h))^2 and alpha = v / (1 - IoU + v).
 *
 * Both arguments are [N, 4]: x1, y1, x2, y2 in units of the picture. Predictions need x1 <= x2 and y1 <= y2, targets an
 * area above 0. The results are [N]: GIoU and DIoU losses in [0, 2), CIoU losses in [0, 3). None is ever NaN for finite
 * boxes, nor is a gradient.
 */
import {
  add,
  atan,
  div,
  maximum,
  minimum,
  mul,
  relu,
  reshape,
  slice,
  square,
  stopGradient,
  sub,
  type Tensor,
} from '@counterpoise/engine';

/** Added to every denominator. In float32 it is lost beside all but the smallest areas. */
const EPS = 1e-7;

export function generalizedBoxIouLoss(predicted: Tensor, targets: Tensor): Tensor {
  const { iou, union, enclosing } = overlapOf(sidesOf(predicted), sidesOf(targets));
  const area = mul(enclosing.width, enclosing.height);
  return add(sub(1, iou), div(sub(area, union), add(area, EPS)));
}

export function distanceBoxIouLoss(predicted: Tensor, targets: Tensor): Tensor {
  return distanceLoss(sidesOf(predicted), sidesOf(targets)).loss;
}

export function completeBoxIouLoss(predicted: Tensor, targets: Tensor): Tensor {
  const [box, target] = [sidesOf(predicted), sidesOf(targets)];
  const { loss, iou } = distanceLoss(box, target);
  const v = mul(square(sub(angleOf(target), angleOf(box))), 4 / Math.PI ** 2);
  // A constant for the gradient, as in torchvision and in the authors' code.
  const alpha = stopGradient(div(v, add(add(sub(1, iou), v), EPS)));
  return add(loss, mul(alpha, v));
}

/** The four columns of [N, 4], each [N]. */
interface Sides {
  readonly x1: Tensor;
  readonly y1: Tensor;
  readonly x2: Tensor;
  readonly y2: Tensor;
}

function sidesOf(boxes: Tensor): Sides {
  const column = (at: number) => reshape(slice(boxes, [at], [at + 1], { axes: [1] }), [boxes.shape[0]!]);
  return { x1: column(0), y1: column(1), x2: column(2), y2: column(3) };
}

const widthOf = ({ x1, x2 }: Sides) => sub(x2, x1);
const heightOf = ({ y1, y2 }: Sides) => sub(y2, y1);

/**
 * atan(width / height). A height of 0 would make the gradient NaN; below EPS it counts as EPS, where the angle is flat.
 */
function angleOf(box: Sides): Tensor {
  return atan(div(widthOf(box), maximum(heightOf(box), EPS)));
}

function overlapOf(a: Sides, b: Sides) {
  // Of boxes that only touch or lie apart, no gradient comes through the intersection: relu's is 0 at 0.
  const width = relu(sub(minimum(a.x2, b.x2), maximum(a.x1, b.x1)));
  const height = relu(sub(minimum(a.y2, b.y2), maximum(a.y1, b.y1)));
  const intersection = mul(width, height);
  const areas = add(mul(widthOf(a), heightOf(a)), mul(widthOf(b), heightOf(b)));
  const union = sub(areas, intersection);
  const enclosing = {
    width: sub(maximum(a.x2, b.x2), minimum(a.x1, b.x1)),
    height: sub(maximum(a.y2, b.y2), minimum(a.y1, b.y1)),
  };
  return { iou: div(intersection, add(union, EPS)), union, enclosing };
}

function distanceLoss(a: Sides, b: Sides): { loss: Tensor; iou: Tensor } {
  const { iou, enclosing } = overlapOf(a, b);
  const diagonal = add(add(square(enclosing.width), square(enclosing.height)), EPS);
  const between = (low: 'x1' | 'y1', high: 'x2' | 'y2') => mul(sub(add(a[low], a[high]), add(b[low], b[high])), 0.5);
  const distance = add(square(between('x1', 'x2')), square(between('y1', 'y2')));
  return { loss: add(sub(1, iou), div(distance, diagonal)), iou };
}
