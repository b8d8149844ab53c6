import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatEventId, parseEventId } from './event-id.js';

test('positions come back as they were', () => {
  const position = fc.record({
    offset: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    mark: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  });
  const entry = fc.tuple(fc.stringMatching(/^[\w-]{8}$/), fc.record({ metrics: position, timing: position }));
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 5 }), (entries) => {
      const positions = new Map(entries);
      expect(parseEventId(formatEventId('s-1', positions), 's-1')).toEqual(positions);
    }),
  );
});

test.each([
  '',
  'other a:1.1:1.1',
  's a',
  's a:1.1',
  's a:1.1:1.1:1.1',
  's a:-1.1:1.1',
  's a:1:1',
  's a:zzzzzzzzzzz.1:1.1',
  's a:1e9.1:NaN.1',
  's  ',
])('what another server or nobody wrote is not believed: "%s"', (text) => {
  expect(parseEventId(text, 's')).toBeUndefined();
});
