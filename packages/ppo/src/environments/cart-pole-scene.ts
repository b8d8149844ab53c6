import type { Scene } from '../render/scene.js';

const PIXELS_PER_UNIT = 600 / 4.8;
const TRACK = 230;

export const cartPoleScene: Scene = {
  width: 600,
  height: 300,
  secondsPerStep: 0.02,
  background: `<path d="M0 ${TRACK}H600" stroke="#59636e" stroke-width="2"/><path d="M300 ${TRACK}v8" stroke="#59636e" stroke-width="2"/>`,
  parts: [
    {
      markup: '<rect x="-30" y="-18" width="60" height="36" rx="4" fill="#1f2328"/>',
      pose: (observation) => ({ x: place(observation[0]!), y: TRACK, angle: 0 }),
    },
    {
      // The pole's length is 1, its half is what the equations have.
      markup: '<rect x="-6" y="-125" width="12" height="131" rx="6" fill="#d55e00"/><circle r="5" fill="#0072b2"/>',
      pose: (observation) => ({ x: place(observation[0]!), y: TRACK - 12, angle: observation[2]! }),
    },
  ],
};

function place(x: number): number {
  return 300 + x * PIXELS_PER_UNIT;
}
