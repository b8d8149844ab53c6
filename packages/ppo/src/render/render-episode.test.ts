import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Random } from '@counterpoise/nn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Browser, CHROMIUM, chromiumOrSkipped } from '../../../training/src/testing/browser.js';
import { type Episode, playEpisode } from '../episode.js';
import { environmentNames, makeEnvironment } from '../registry.js';
import { Corridor } from '../testing/corridor.js';
import { POLICIES } from '../testing/policies.js';
import { renderEpisode } from './render-episode.js';
import type { Pose, Scene } from './scene.js';

const scene: Scene = {
  width: 100,
  height: 50,
  secondsPerStep: 0.5,
  background: '<path d="M0 0"/>',
  parts: [{ markup: '<circle r="3"/>', pose: (observation) => ({ x: observation[0]!, y: 7, angle: observation[1]! }) }],
};
const episode = (observations: readonly (readonly number[])[]): Episode => ({
  observations,
  actions: observations.slice(1).map(() => 0),
  episodeReturn: 2.25,
  episodeLength: observations.length - 1,
  terminated: true,
  truncated: false,
});

describe('an episode as animated SVG', () => {
  it('moves the parts through all observations in their own time and holds the last', () => {
    const svg = renderEpisode(
      { name: 'X-v0', scene },
      episode([
        [10, 0],
        [20.256, 0],
        [30, 0],
      ]),
    );
    expect(svg).toContain('type="translate" values="10 7;20.26 7;30 7;30 7;30 7" dur="2s" repeatCount="indefinite"/>');
    expect(svg).toContain('type="rotate" values="0"');
    expect(svg).toContain('attributeName="width" values="0;50;100;100;100"');
    expect(svg).toContain('<title>X-v0: return 2.25 in 2 steps, terminated</title>');
  });

  it('turns the short way round', () => {
    const degrees = (values: readonly number[]) => {
      const svg = renderEpisode({ name: 'X-v0', scene }, episode(values.map((angle) => [0, angle])));
      return /type="rotate" values="([^"]*)"/.exec(svg)![1]!.split(';').slice(0, values.length).map(Number);
    };
    expect(degrees([3, -3, 3]).map(Math.round)).toEqual([172, 188, 172]);
    expect(degrees([-3, 3, 2, 0]).map(Math.round)).toEqual([-172, -188, -245, -360]);
  });

  it.each<[string, () => unknown]>([
    [
      'pose() failed: no wheel',
      () => {
        throw new Error('no wheel\nat line 3');
      },
    ],
    [
      'pose() must return finite "x", "y", "angle" and "scale", got 1, NaN, 0, 1, 1',
      () => ({ x: 1, y: Number.NaN, angle: 0 }),
    ],
    ['pose() must return finite "x", "y", "angle" and "scale", got undefined,', () => undefined],
    ['pose() must return finite', () => ({ x: 1, y: 1, angle: 0, scale: [1, Number.POSITIVE_INFINITY] })],
  ])('a pose that cannot be drawn: %s', (problem, pose) => {
    const parts = [{ markup: '', pose: pose as () => Pose }];
    const draw = () => renderEpisode({ name: 'X-v0', scene: { ...scene, parts } }, episode([[0], [1]]));
    expect(draw).toThrow(`environment X-v0: scene: ${problem}`);
    expect(draw).toThrow(/^.+$/);
  });

  it('needs a scene', () => {
    const environment = makeEnvironment({ name: 'Corridor-v0', create: () => new Corridor() });
    expect(() => renderEpisode(environment, episode([[0], [1]]))).toThrow(
      'environment Corridor-v0: has no "scene", so there is nothing to draw',
    );
  });
});

describe.skipIf(!CHROMIUM)(`in Chromium${chromiumOrSkipped}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'counterpoise-episodes-'));
  let browser: Browser;
  beforeAll(async () => {
    browser = await Browser.launch();
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  it.each(environmentNames())(
    '%s: every part is where its pose says, at the start, in the middle, at the end',
    async (name) => {
      const environment = makeEnvironment(name);
      const played = await playEpisode(environment, new Random(1), POLICIES[name]!);
      const file = join(folder, `${name}.svg`);
      writeFileSync(file, renderEpisode(environment, played));
      const page = await browser.newPage({ width: 640, height: 460 });
      await page.open(pathToFileURL(file).href);
      const { secondsPerStep, parts } = environment.scene!;
      for (const frame of [0, Math.floor(played.episodeLength / 2), played.episodeLength]) {
        const matrices = await page.evaluate<number[][]>(`(() => {
        const svg = document.documentElement;
        svg.pauseAnimations();
        svg.setCurrentTime(${frame * secondsPerStep});
        return [...document.querySelectorAll('svg > g')].map((part) => {
          const { a, b, c, d, e, f } = part.getCTM();
          return [a, b, c, d, e, f];
        });
      })()`);
        const expected = parts.map((part) => {
          const {
            x,
            y,
            angle,
            scale: [across, down] = [1, 1],
          } = part.pose(played.observations[frame]!, played.actions[frame]);
          const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
          return [cos * across, sin * across, -sin * down, cos * down, x, y];
        });
        expect(matrices.length).toBe(parts.length);
        matrices.flat().forEach((value, at) => {
          expect(Math.abs(value - expected.flat()[at]!), `frame ${frame}`).toBeLessThan(0.02);
        });
      }
      expect(page.errors).toEqual([]);
    },
  );
});
