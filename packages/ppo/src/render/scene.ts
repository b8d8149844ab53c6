import type { Action, Observation } from '../environment.js';

/** Where a part of a scene is: in the units of the picture, y down, turned clockwise, scaled about its own origin. */
export interface Pose {
  readonly x: number;
  readonly y: number;
  /** In radians; whole turns are added so that the part always turns the short way. */
  readonly angle: number;
  /** Along its own x and y. Default [1, 1]. */
  readonly scale?: readonly [x: number, y: number];
}

/** Something that moves. */
export interface ScenePart {
  /** SVG elements about the origin. */
  readonly markup: string;
  /** @param action the one that follows this observation; undefined for the last observation of an episode. */
  pose(observation: Observation, action: Action | undefined): Pose;
}

/** How an environment looks. Its markup goes into the picture as it is: it is program code, never data. */
export interface Scene {
  /** In units of the picture, the origin at the top left. */
  readonly width: number;
  readonly height: number;
  /** Time between two observations, in seconds. */
  readonly secondsPerStep: number;
  /** SVG elements that do not move, behind the parts. */
  readonly background: string;
  readonly parts: readonly ScenePart[];
}

/** Whether it can be drawn, but for what `pose` gives. */
export function isScene(scene: Partial<Scene>): scene is Scene {
  const { width, height, secondsPerStep, background, parts } = scene;
  return (
    [width, height, secondsPerStep].every((value) => Number.isFinite(value) && value! > 0) &&
    typeof background === 'string' &&
    Array.isArray(parts) &&
    parts.every((part) => typeof part?.markup === 'string' && typeof part.pose === 'function')
  );
}
