import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Input, type Shape, sizeOf } from '../graph/tensor.js';
import { operationsBefore } from '../graph/traverse.js';
import { interpret } from '../testing/interpreter.js';
import { uniform } from '../testing/random.js';
import { broadcastShapes, sumTo } from './broadcast.js';
import { add } from './elementwise.js';
import { ShapeError } from './errors.js';
import { expand } from './shape.js';

/** A shape, and one that broadcasts to it: leading axes dropped, some axes set to 1. */
const shapeAndSource = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }).chain((shape) =>
  fc
    .tuple(fc.integer({ min: 0, max: shape.length }), fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }))
    .map(([dropped, ones]) => ({
      shape,
      source: shape.slice(dropped).map((size, axis) => (ones[axis] ? 1 : size)),
    })),
);

const draw = (shape: Shape, seed: number) => Float64Array.from({ length: sizeOf(shape) }, uniform(seed));
const dot = (a: Float64Array, b: Float64Array) => a.reduce((total, value, i) => total + value * b[i]!, 0);

describe('broadcasting', () => {
  it('is symmetric, and a shape that broadcasts to another changes nothing', () => {
    fc.assert(
      fc.property(shapeAndSource, ({ shape, source }) => {
        expect(broadcastShapes('add', shape, source)).toEqual(shape);
        expect(broadcastShapes('add', source, shape)).toEqual(shape);
      }),
    );
  });

  it('adds what expanding first would add', () => {
    fc.assert(
      fc.property(shapeAndSource, ({ shape, source }) => {
        const [a, b] = [new Input('a', shape), new Input('b', source)];
        const feeds = new Map([a, b].map((input, i) => [input, draw(input.shape, i)]));
        const [direct, expanded] = interpret([add(a, b), add(a, expand(b, shape))], feeds);
        expect(direct).toEqual(expanded);
      }),
    );
  });

  // <expand(x), y> = <x, sumTo(y)>: the second is the adjoint of the first.
  it('is undone by sumTo', () => {
    fc.assert(
      fc.property(shapeAndSource, ({ shape, source }) => {
        const [x, y] = [new Input('x', source), new Input('y', shape)];
        const feeds = new Map([x, y].map((input, i) => [input, draw(input.shape, i)]));
        const summed = sumTo(y, source);
        expect(summed.shape).toEqual(source);
        const [up, down] = interpret([expand(x, shape), summed], feeds);
        expect(dot(up!, feeds.get(y)!)).toBeCloseTo(dot(feeds.get(x)!, down!), 10);
      }),
    );
  });

  it('is undone without operations that change nothing', () => {
    const kinds = (from: Shape, to: Shape) => operationsBefore([sumTo(new Input('x', from), to)]).map((op) => op.kind);
    expect(kinds([2, 3], [2, 3])).toEqual([]);
    expect(kinds([2, 3], [3])).toEqual(['ReduceSum']);
    expect(kinds([2, 3], [2, 1])).toEqual(['ReduceSum']);
    expect(kinds([2, 3], [])).toEqual(['ReduceSum']);
    expect(kinds([1, 3], [3])).toEqual(['Reshape']);
    expect(kinds([1, 2, 3], [3])).toEqual(['ReduceSum']);
    expect(kinds([2, 1, 3], [1, 3])).toEqual(['ReduceSum']);
    expect(kinds([2, 3, 4], [3, 1])).toEqual(['ReduceSum', 'Reshape']);
  });

  it('refuses sizes that differ', () => {
    expect(() => broadcastShapes('add', [8, 3], [8, 4])).toThrow(ShapeError);
    expect(() => broadcastShapes('add', [8, 3], [8, 4])).toThrow(
      'add: shapes [8, 3] and [8, 4] do not broadcast; counted from the last axis, sizes must be equal or 1, got 3 and 4',
    );
  });
});
