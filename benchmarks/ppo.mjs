/**
 * npm run bench: PPO and its environments, beside the same in PyTorch and NumPy as CleanRL does it, taking turns.
 *
 *     node benchmarks/ppo.mjs [--rounds 6] [--only CartPole-v1] [--skip-environments] [--learn 100000] [--cpu] [--json]
 *
 * First environments alone, 4 of a kind with random actions, then whole trainings, rollout and update, in steps of the
 * environment per second. Both sides have one thread, the same settings and the same pieces, see torch_ppo.py. A figure is the
 * median over the rounds but the first (warm-up), a ratio the median of the rounds' ratios. Beside fixed coefficients, which both
 * sides have, there is our training with balanced losses: by loss values, and where the trunk is shared by gradients.
 * --learn trains both sides for so many steps more and prints the mean return of their last 20 episodes: a peer that does not
 * learn would be no peer. --cpu counts processor time, of all threads of a side, instead of time: for a machine that others use too.
 * Needs Debian's python3-torch.
 */
import { parseArgs } from 'node:util';
import { startPeer } from './peer.mjs';
import { median, spread, takeTurns } from './turns.mjs';

const ENVIRONMENTS = ['CartPole-v1', 'Acrobot-v1', 'MountainCar-v0', 'MountainCarContinuous-v0', 'Pendulum-v1'];
const COUNT = 4;
/** Steps of each environment in a piece of the environments alone. */
const PIECE = 100;
/** Steps that our side does before it is timed, until V8 has compiled it; a training has many more. PyTorch is compiled already. */
const WARM_UP = { environments: 400_000, training: 20_000 };

const common = { lambda: 0.95, clipRange: 0.2, maxGradNorm: 0.5 };
/** CleanRL's ppo.py. */
const cartPole = {
  ...common,
  environment: 'CartPole-v1',
  environments: 4,
  steps: 128,
  minibatch: 128,
  epochs: 4,
  learningRate: 2.5e-4,
  gamma: 0.99,
  coefficients: { value: 0.5, entropy: 0.01 },
  normalizes: false,
};
/** CleanRL's ppo_continuous_action.py, with the learning rate and discount of Stable-Baselines3's zoo for this task. */
const pendulum = {
  ...common,
  environment: 'Pendulum-v1',
  environments: 1,
  steps: 2048,
  minibatch: 64,
  epochs: 10,
  learningRate: 1e-3,
  gamma: 0.9,
  coefficients: { value: 0.5, entropy: 0 },
  normalizes: true,
};
const trainings = [cartPole, pendulum].flatMap((settings) => [
  { settings: { ...settings, trunk: 'separate' }, balance: 'running-max' },
  { settings: { ...settings, trunk: 'shared' }, balance: 'norm-equalize' },
]);

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '6' },
    only: { type: 'string' },
    'skip-environments': { type: 'boolean', default: false },
    learn: { type: 'string', default: '0' },
    cpu: { type: 'boolean', default: false },
    python: { type: 'string', default: '/usr/bin/python3' },
    json: { type: 'boolean', default: false },
  },
});
const [rounds, learn] = [values.rounds, values.learn].map(Number);
const wanted = (name) => !values.only || name === values.only;
const print = (text) => values.json || process.stdout.write(`${text}\n`);
const row = (cells) =>
  print(cells.map((cell, i) => (i > 1 ? String(cell).padStart(13) : String(cell).padEnd(i ? 10 : 26))).join(''));

const script = (name) => `${import.meta.dirname}/${name}`;
/** A peer that answers with the times that are asked for. */
async function start(...command) {
  const peer = await startPeer(...command);
  const ask = async (line) => {
    const { ms, cpu, ...answer } = await peer.ask(line);
    return { ...answer, ms: values.cpu ? cpu : ms };
  };
  return { ...peer, ask };
}
const ours = (...args) => start(process.execPath, [script('our_ppo.mjs'), ...args]);
const theirs = (...args) => start(values.python, [script('torch_ppo.py'), ...args]);

const perSecond = (steps, ms) => Math.round((steps * 1000) / median(ms));
const ratios = (under, over) => over.map((ms, round) => ms / under[round]);

async function measureEnvironment(name) {
  const peers = await Promise.all([ours('environments', name, COUNT), theirs('environments', name, COUNT)]);
  const steps = COUNT * PIECE;
  await peers[0].ask(`run ${WARM_UP.environments / steps}`);
  const [our, their] = await takeTurns(peers, rounds, 20);
  await Promise.all(peers.map((peer) => peer.quit()));
  const times = ratios(our, their);
  return { name, ours: perSecond(steps, our), numpy: perSecond(steps, their), times: median(times), all: times };
}

async function measureTraining({ settings, balance }) {
  const text = JSON.stringify(settings);
  const peers = await Promise.all([ours('train', text), theirs('train', text), ours('train', text, balance)]);
  const steps = settings.environments * settings.steps;
  for (const at of [0, 2]) await peers[at].ask(`run ${Math.ceil(WARM_UP.training / steps)}`);
  const [our, their, balanced] = await takeTurns(peers, rounds, Math.max(1, 2048 / steps));
  const returns = [];
  if (learn > 0) for (const peer of peers) returns.push((await peer.ask(`run ${Math.ceil(learn / steps)}`)).return);
  await Promise.all(peers.map((peer) => peer.quit()));
  const times = ratios(our, their);
  return {
    environment: settings.environment,
    trunk: settings.trunk,
    ours: perSecond(steps, our),
    torch: perSecond(steps, their),
    times: median(times),
    all: times,
    balance,
    balanced: perSecond(steps, balanced),
    balancedTimes: median(ratios(balanced, their)),
    ...(learn > 0 && { returns: { ours: returns[0], torch: returns[1], balanced: returns[2] } }),
  };
}

const results = { environments: [], trainings: [] };
if (!values['skip-environments']) {
  print(`steps per second of ${COUNT} environments, ${rounds} rounds`);
  row(['environment', '', 'ours', 'NumPy', 'times', 'min-max']);
  for (const name of ENVIRONMENTS.filter(wanted)) {
    const { all, ...result } = await measureEnvironment(name);
    results.environments.push(result);
    row([name, '', result.ours, result.numpy, result.times.toFixed(1), spread(all)]);
  }
}
print(`steps per second of a training, one thread each, ${rounds} rounds`);
row(['environment', 'trunk', 'ours', 'PyTorch', 'times', 'min-max', 'balanced by', 'steps/s', 'times']);
for (const training of trainings.filter(({ settings }) => wanted(settings.environment))) {
  const { all, ...result } = await measureTraining(training);
  results.trainings.push(result);
  const { environment, trunk, ours: our, torch, times, balance, balanced, balancedTimes, returns } = result;
  row([
    environment,
    trunk,
    our,
    torch,
    times.toFixed(1),
    spread(all),
    ` ${balance}`,
    balanced,
    balancedTimes.toFixed(1),
  ]);
  if (returns) {
    const [a, b, c] = [returns.ours, returns.torch, returns.balanced].map((value) => value?.toFixed(0) ?? 'none');
    print(`  mean return of the last 20 episodes: ours ${a}, PyTorch ${b}, balanced ${c}`);
  }
}
if (values.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
