import koffi from 'koffi';
import { expect, test } from 'vitest';
import { createSession, liveNativeObjects } from './index.js';
import { addModel } from './models.test.helper.js';

// In a file, so a process, of its own: koffi's stacks are fixed by the first library that a process loads.
test('refuses to run on stacks that another user of koffi left too small', async () => {
  koffi.load(null);
  await expect(createSession(addModel(2))).rejects.toMatchObject({
    code: 'library-missing',
    message: expect.stringMatching(/^koffi was used before .*call koffi\.config\(/),
  });
  expect(liveNativeObjects()).toBe(0);
});
