import type { ActiveTask, Reason } from '../../screen.js';

/** The reasons of the tasks that are not among `live`: a zero gradient has no direction to weigh against others. */
export function zeroGradients(active: readonly ActiveTask[], live: readonly number[]): Record<string, Reason> {
  const zero = active.filter((_, k) => !live.includes(k));
  return Object.fromEntries(
    zero.map(({ task }) => {
      const message = `the gradient of loss "${task}" is zero: it has no say in the weights of the others`;
      return [task, { code: 'no-gradient', message }];
    }),
  );
}
