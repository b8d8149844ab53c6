/** What surrounds the network in a model that takes pictures as they are: resizing and scaling before, boxes in pixels after. */
import type { OnnxModel, OnnxValue } from '@counterpoise/engine';
import type { Resize } from '../letterbox.js';
import type { Normalization } from '../transforms.js';
import { barNodes, boxNodes, frameNodes } from './frame-nodes.js';
import { NodeList } from './node-list.js';
import { resizeNodes } from './resize-nodes.js';

/** What the network's own input and boxes are called inside such a model. */
export const NETWORK = { input: 'normalized', boxes: 'unit_boxes' };
const PROBABILITIES = 'probabilities';

export interface Processing {
  /** Side of the square that the network sees. */
  readonly imageSize: number;
  readonly resize: Resize;
  readonly normalization: Normalization;
}

/**
 * A model with input `images`, uint8 [batch, height, width, 3]: RGB pictures of any one size. Outputs: `boxes` float32
 * [batch, 4], x1, y1, x2, y2 in pixels of these pictures; `labels` int64 [batch], the most probable class; `scores` float32
 * [batch], its probability; `probabilities` float32 [batch, classes].
 *
 * @param network with the names of `NETWORK`, and `probabilities`.
 */
export function withProcessing(network: OnnxModel, { imageSize, resize, normalization }: Processing): OnnxModel {
  const { mean, std } = normalization;
  const before = new NodeList('before_');
  const frame = frameNodes(before, 'images', imageSize, resize);
  const content = resizeNodes(before, 'images', frame);
  const resized = resize === 'stretch' ? content : barNodes(before, content, frame);
  const scaled = before.add('Mul', [
    resized,
    before.floats(
      std.map((value) => 1 / (255 * value)),
      [3, 1, 1],
    ),
  ]);
  const shift = before.floats(
    std.map((value, channel) => -mean[channel]! / value),
    [3, 1, 1],
  );
  before.add('Add', [scaled, shift], {}, NETWORK.input);

  const after = new NodeList('after_');
  after.add('ArgMax', [PROBABILITIES], { axis: 1, keepdims: 0 }, 'labels');
  after.add('ReduceMax', [PROBABILITIES], { axes: [1], keepdims: 0 }, 'scores');
  boxNodes(after, NETWORK.boxes, frame, imageSize, 'boxes');

  const outputs: readonly OnnxValue[] = [
    { name: 'boxes', shape: ['batch', 4], dtype: 'float32' },
    { name: 'labels', shape: ['batch'], dtype: 'int64' },
    { name: 'scores', shape: ['batch'], dtype: 'float32' },
    ...network.outputs.filter(({ name }) => name === PROBABILITIES),
  ];
  return {
    ...network,
    inputs: [{ name: 'images', shape: ['batch', 'height', 'width', 3], dtype: 'uint8' }],
    outputs,
    nodes: [...before.nodes, ...network.nodes, ...after.nodes],
    initializers: [...network.initializers, ...before.initializers, ...after.initializers],
  };
}
