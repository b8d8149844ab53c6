/**
 * Our side of benchmarks/ppo.mjs: environments alone, or PPO, run on demand by another process.
 *
 *     node benchmarks/our_ppo.mjs environments NAME COUNT
 *     node benchmarks/our_ppo.mjs train SETTINGS [static|running-max|norm-equalize]
 *
 * The protocol is that of torch_ppo.py, and so are the pieces that are timed.
 */
import { createInterface } from 'node:readline';
import { Random } from '@counterpoise/nn';
import {
  clipReward,
  createPpoTrainer,
  exemptEntropy,
  fixedCoefficients,
  NormalizeObservation,
  NormalizeReward,
  VectorEnvironment,
} from '@counterpoise/ppo';
import { normEqualize, runningMax } from 'counterpoise';

const PIECE = 100;

/** Environments alone, told what to do by a list of random actions. */
function randomSteps(name, count) {
  const vector = new VectorEnvironment(name, { environments: count, seed: 1 });
  const { actionSpace } = vector;
  const random = new Random(2);
  const draw =
    actionSpace.kind === 'discrete'
      ? () => Int32Array.from({ length: count }, () => random.integer(actionSpace.n))
      : () =>
          Float32Array.from({ length: count * actionSpace.size }, (_, at) => {
            const [low, high] = [actionSpace.low, actionSpace.high].map((bounds) => bounds[at % actionSpace.size]);
            return low + (high - low) * random.uniform();
          });
  const actions = Array.from({ length: PIECE }, draw);
  vector.reset();
  return () => actions.flatMap((each) => vector.step(each).episodes);
}

async function training(settings, balance) {
  const { coefficients, gamma, normalizes } = settings;
  const methods = {
    static: () => fixedCoefficients(coefficients),
    'running-max': () => exemptEntropy(runningMax({ fixed: { policy: 1 } }), coefficients.entropy),
    'norm-equalize': () => exemptEntropy(normEqualize(), coefficients.entropy),
  };
  const trainer = await createPpoTrainer({
    ...settings,
    seed: 1,
    method: methods[balance](),
    // More than will be asked for.
    totalSteps: 1e9,
    annealsLearningRate: false,
    transforms: normalizes ? [new NormalizeObservation(), new NormalizeReward(gamma), clipReward()] : [],
  });
  return async () => (await trainer.iterate()).episodes;
}

const [what, first, second] = process.argv.slice(2);
const iterate = what === 'train' ? await training(JSON.parse(first), second ?? 'static') : randomSteps(first, +second);
const returns = [];

async function run(count) {
  const [ms, cpu] = [[], []];
  for (let i = 0; i < count; i++) {
    const [start, busy] = [performance.now(), process.cpuUsage()];
    const episodes = await iterate();
    ms.push(performance.now() - start);
    const { user, system } = process.cpuUsage(busy);
    cpu.push((user + system) / 1000);
    returns.push(...episodes.map(({ episodeReturn }) => episodeReturn));
  }
  const last = returns.slice(-20);
  return { ms, cpu, return: last.length > 0 ? last.reduce((sum, value) => sum + value, 0) / last.length : null };
}

const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
say({ ready: true });
for await (const line of createInterface({ input: process.stdin })) {
  const [command, count] = line.trim().split(' ');
  if (command === 'quit') break;
  if (command === 'run' && Number(count) > 0) say(await run(Number(count)));
  else say({ error: `expected "run N" with N of at least 1, or "quit", got "${line}"` });
}
