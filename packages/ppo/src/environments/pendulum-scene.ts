import type { Scene } from '../render/scene.js';

const CENTER = { x: 200, y: 150 };

/** @param maxTorque the torque that is drawn at full size. */
export function pendulumScene(maxTorque: number): Scene {
  return {
    width: 400,
    height: 300,
    secondsPerStep: 0.05,
    background: '',
    parts: [
      {
        markup: '<rect x="-11" y="-121" width="22" height="132" rx="11" fill="#d55e00"/>',
        // Upright at angle 0, and the environment counts anticlockwise.
        pose: (observation) => ({ ...CENTER, angle: -Math.atan2(observation[1]!, observation[0]!) }),
      },
      {
        // The torque: an arrow round the axle, anticlockwise as positive torque turns, mirrored for the other way.
        markup:
          '<path d="M34 22A40 40 0 1 0 -34 22" fill="none" stroke="#0072b2" stroke-width="5"/>' +
          '<path d="M-50 20L-20 36L-26 10z" fill="#0072b2"/>',
        pose(_observation, action) {
          const torque = typeof action === 'object' ? action[0]! : 0;
          const share = Math.min(Math.max(torque / maxTorque, -1), 1);
          return { ...CENTER, angle: 0, scale: [share, Math.abs(share)] };
        },
      },
      { markup: '<circle r="5" fill="#1f2328"/>', pose: () => ({ ...CENTER, angle: 0 }) },
    ],
  };
}
