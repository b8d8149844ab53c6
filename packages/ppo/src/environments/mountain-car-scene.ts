import type { Scene } from '../render/scene.js';

const LEFT = -1.2;
const PIXELS_PER_UNIT = 600 / 1.8;
const FLOOR = 390;

/** The valley of both cars, y = 0.45 sin(3 x) + 0.55. @param goal position of the flag. */
export function mountainCarScene(goal: number): Scene {
  const points = Array.from({ length: 61 }, (_, at) => {
    const position = LEFT + (at / 60) * 1.8;
    return `${acrossPixels(position)} ${heightPixels(position).toFixed(1)}`;
  });
  const flag = `M${acrossPixels(goal).toFixed(1)} ${heightPixels(goal).toFixed(1)}v-50l24 10-24 10`;
  return {
    width: 600,
    height: 400,
    secondsPerStep: 1 / 30,
    background:
      `<path d="M${points.join('L')}V400H0z" fill="#e6e9ed" stroke="#59636e" stroke-width="2"/>` +
      `<path d="${flag}" fill="#f2c14e" stroke="#1f2328" stroke-width="2"/>`,
    parts: [
      {
        markup:
          '<rect x="-22" y="-28" width="44" height="18" rx="5" fill="#d55e00"/>' +
          '<circle cx="-12" cy="-8" r="8" fill="#1f2328"/><circle cx="12" cy="-8" r="8" fill="#1f2328"/>',
        pose(observation) {
          const position = observation[0]!;
          // Along the slope, dy/dx = 1.35 cos(3 x).
          const angle = -Math.atan(1.35 * Math.cos(3 * position));
          return { x: acrossPixels(position), y: heightPixels(position), angle };
        },
      },
    ],
  };
}

function acrossPixels(position: number): number {
  return (position - LEFT) * PIXELS_PER_UNIT;
}

function heightPixels(position: number): number {
  return FLOOR - (0.45 * Math.sin(3 * position) + 0.55) * PIXELS_PER_UNIT;
}
