import type { Observation } from '../environment.js';
import type { Pose, Scene } from '../render/scene.js';

const LINK = 80;
const CENTER = { x: 200, y: 190 };
const LINK_MARKUP = `<rect x="-7" y="-7" width="14" height="${LINK + 14}" rx="7" fill="#0072b2"/><circle r="5" fill="#f2c14e"/>`;

export const acrobotScene: Scene = {
  width: 400,
  height: 380,
  secondsPerStep: 0.2,
  background: `<path d="M20 ${CENTER.y - LINK}H380" stroke="#59636e" stroke-width="2" stroke-dasharray="6 5"/>`,
  parts: [
    { markup: LINK_MARKUP, pose: firstLink },
    {
      markup: LINK_MARKUP.replace('#0072b2', '#d55e00'),
      pose(observation) {
        const { x, y, angle } = firstLink(observation);
        const bend = -Math.atan2(observation[3]!, observation[2]!);
        return { x: x - LINK * Math.sin(angle), y: y + LINK * Math.cos(angle), angle: angle + bend };
      },
    },
  ],
};

/** Hanging down at angle 0, and the environment counts anticlockwise. */
function firstLink(observation: Observation): Pose {
  return { ...CENTER, angle: -Math.atan2(observation[1]!, observation[0]!) };
}
