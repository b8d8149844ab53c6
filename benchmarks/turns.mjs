/** Processes that run steps in turns, and what is told of their times. */

export const median = (list) => {
  const sorted = [...list].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

export const spread = (list) => `${Math.min(...list).toFixed(2)}-${Math.max(...list).toFixed(2)}`;

/**
 * Steps of the peers in turn; each round starts with the next peer, so that none always runs on a warm or cold machine.
 * Milliseconds of each peer, the median of each round but the first (warm-up).
 */
export async function takeTurns(peers, rounds, steps) {
  const times = peers.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < peers.length; turn++) {
      const i = (turn + round) % peers.length;
      const { ms } = await peers[i].ask(`run ${steps}`);
      times[i].push(median(ms));
    }
  }
  return times.map((list) => list.slice(1));
}
