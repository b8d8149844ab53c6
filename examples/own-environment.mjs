// An environment of your own, learnt with rewards of an awkward size: once with the usual fixed coefficients, once with PopArt.
//
//     npm run build && node examples/own-environment.mjs
//
// or from the command line, with a run folder, a report and a picture of an episode:
//
//     npx counterpoise train ppo --env examples/own-environment.mjs --steps 40000 --learning-rate 1e-3 --normalize-observations
//
// The task: a ball falls down a field of 7 columns and 9 rows; move the paddle (left, stay, right) to be below it at the end. Catching it
// pays 1000, missing it costs 1000.
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Box, chooseBalance, createPpoTrainer, Discrete, NormalizeObservation } from '@counterpoise/ppo';

const COLUMNS = 7;
const ROWS = 9;

class Catch {
  observationSpace = new Box([0, 0, 0], [COLUMNS - 1, ROWS, COLUMNS - 1]);
  actionSpace = new Discrete(3);

  // All chance comes from the generator that reset is given: the same seed, the same training.
  reset(random) {
    this.ball = random.integer(COLUMNS);
    this.height = ROWS;
    this.paddle = random.integer(COLUMNS);
    return this.observe();
  }

  step(action) {
    this.paddle = Math.min(COLUMNS - 1, Math.max(0, this.paddle + action - 1));
    this.height--;
    const terminated = this.height === 0;
    const reward = terminated ? (this.paddle === this.ball ? 1000 : -1000) : 0;
    return { observation: this.observe(), reward, terminated, truncated: false };
  }

  observe() {
    return [this.ball, this.height, this.paddle];
  }

  // With these two an interrupted training goes on bit for bit.
  save() {
    return this.observe();
  }

  load([ball, height, paddle]) {
    Object.assign(this, { ball, height, paddle });
  }

  // With this it can be drawn; without, there is no picture.
  scene = {
    width: 280,
    height: 400,
    secondsPerStep: 0.2,
    background: '<rect width="280" height="400" fill="#f6f7f9"/>',
    parts: [
      {
        markup: '<circle r="14" fill="#d55e00"/>',
        pose: ([ball, height]) => ({ x: 20 + 40 * ball, y: 380 - 40 * height, angle: 0 }),
      },
      {
        markup: '<rect x="-20" y="0" width="40" height="12" rx="3" fill="#0072b2"/>',
        pose: ([, , paddle]) => ({ x: 20 + 40 * paddle, y: 386, angle: 0 }),
      },
    ],
  };
}

const environment = { name: 'Catch-v0', create: () => new Catch() };
export default environment; // for --env

async function train(balance) {
  const trainer = await createPpoTrainer({
    environment,
    ...chooseBalance(balance),
    totalSteps: 40_000,
    seed: 1,
    learningRate: 1e-3,
    trunk: 'shared',
    transforms: [new NormalizeObservation()],
  });
  let last = []; // episodes
  while (trainer.updates.done < trainer.updates.total) {
    const { metrics, episodes } = await trainer.iterate();
    last = [...last, ...episodes].slice(-200);
    if (trainer.updates.done % 26 !== 0) continue;
    const caught = last.filter(({ episodeReturn }) => episodeReturn > 0).length / last.length;
    console.log(`${balance.padEnd(8)} step ${metrics.global_step}  caught ${Math.round(100 * caught)} %`);
  }
  trainer.release();
}

// Not when `counterpoise train ppo --env` imports the environment.
if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await train('fixed');
  await train('pop-art');
}
