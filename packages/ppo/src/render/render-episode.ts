import type { CheckedEnvironment } from '../checked-environment.js';
import { EnvironmentError, firstLine } from '../environment.js';
import type { Episode } from '../episode.js';
import type { Pose, ScenePart } from './scene.js';

const CAPTION = 30;
/** The last frame stays this long, in seconds, before the episode begins again. */
const HOLD = 1;

/**
 * An episode as one animated SVG file that plays by itself (SMIL), over and over, in its own time: parts of the scene move
 * between the observations in straight lines, a bar below shows how far the episode is.
 *
 * @param environment the one that was played; only its name and its scene are used.
 * @throws EnvironmentError if it has no scene, or a pose is not finite numbers.
 */
export function renderEpisode({ name, scene }: Pick<CheckedEnvironment, 'name' | 'scene'>, episode: Episode): string {
  if (!scene) throw new EnvironmentError(name, 'has no "scene", so there is nothing to draw');
  const { width, height, secondsPerStep } = scene;
  const frames = episode.observations.length;
  const held = Math.ceil(HOLD / secondsPerStep);
  const seconds = Number(((frames - 1 + held) * secondsPerStep).toFixed(6));
  const timing = `dur="${seconds}s" repeatCount="indefinite"`;
  const timeline = (values: readonly string[]) => [...values, ...new Array<string>(held).fill(values.at(-1)!)];

  const animate = (type: string, values: readonly string[], additive: boolean) => {
    const still = values.every((value) => value === values[0]);
    const list = still ? values[0] : timeline(values).join(';');
    const sum = additive ? ' additive="sum"' : '';
    return `<animateTransform attributeName="transform" type="${type}" values="${list}" ${timing}${sum}/>`;
  };
  const moving = (part: ScenePart) => {
    const poses = episode.observations.map((_, at) => poseAt(name, part, episode, at));
    const turns = unwrap(poses.map(({ angle }) => angle)).map((angle) => compact((angle * 180) / Math.PI));
    const steps = [animate('translate', poses.map(position), false), animate('rotate', turns, true)];
    if (poses.some(({ scale }) => scale)) steps.push(animate('scale', poses.map(size), true));
    return `<g>${steps.join('')}${part.markup}</g>`;
  };

  const { episodeReturn, episodeLength, terminated } = episode;
  const counted = `${episodeLength} ${episodeLength === 1 ? 'step' : 'steps'}`;
  const caption = `${name}: return ${compact(episodeReturn)} in ${counted}, ${terminated ? 'terminated' : 'truncated'}`;
  const progress = timeline(episode.observations.map((_, at) => compact((width * at) / (frames - 1)))).join(';');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height + CAPTION}" width="${width}" height="${height + CAPTION}" role="img">`,
    `<title>${caption}</title>`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `${scene.background}${scene.parts.map(moving).join('\n')}`,
    // Covers what reaches below the scene. A nested svg element would clip it, but has a clock of its own in Chromium.
    `<rect y="${height}" width="${width}" height="${CAPTION}" fill="#fff"/>`,
    `<rect y="${height}" width="${width}" height="3" fill="#e6e9ed"/>`,
    `<rect y="${height}" height="3" fill="#0072b2"><animate attributeName="width" values="${progress}" ${timing}/></rect>`,
    `<text x="10" y="${height + 21}" font-family="system-ui, sans-serif" font-size="14" fill="#1f2328">${caption}</text>`,
    '</svg>\n',
  ].join('\n');
}

function poseAt(name: string, part: ScenePart, { observations, actions }: Episode, at: number): Pose {
  let pose: Pose;
  try {
    pose = part.pose(observations[at]!, actions[at]);
  } catch (cause) {
    throw new EnvironmentError(name, `scene: pose() failed: ${firstLine(cause)}`, { cause });
  }
  const { x, y, angle, scale = [1, 1] } = pose ?? {};
  const numbers = [x, y, angle, scale[0], scale[1]];
  if (numbers.every(Number.isFinite)) return pose;
  throw new EnvironmentError(
    name,
    `scene: pose() must return finite "x", "y", "angle" and "scale", got ${numbers.map(String).join(', ')}`,
  );
}

function position({ x, y }: Pose): string {
  return `${compact(x)} ${compact(y)}`;
}

function size({ scale: [x, y] = [1, 1] }: Pose): string {
  return `${compact(x)} ${compact(y)}`;
}

/** A hundredth of a pixel or of a degree is more than the eye sees. */
function compact(x: number): string {
  return String(Math.round(x * 100) / 100);
}

/** The same directions, each by whole turns as near to the one before as can be. */
function unwrap(angles: readonly number[]): number[] {
  let before = angles[0] ?? 0;
  return angles.map((angle) => {
    before = angle - 2 * Math.PI * Math.round((angle - before) / (2 * Math.PI));
    return before;
  });
}
