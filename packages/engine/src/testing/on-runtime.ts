import { Input, type Tensor } from '../graph/tensor.js';
import { compile } from '../program/compile.js';
import { type Case, caseGraph } from './cases.js';
import { relativeError } from './finite-differences.js';
import { type Feeds, interpret } from './interpreter.js';

/** Evaluates the targets as `interpret` does, but through the lowering and ONNX Runtime. All must be float32. */
export async function runOnRuntime(targets: readonly Tensor[], feeds: Feeds): Promise<Float32Array[]> {
  const outputs = Object.fromEntries(targets.map((tensor, i) => [`target ${i}`, tensor]));
  const program = await compile([{ name: 'all', outputs }], { threads: 2 });
  try {
    const given = [...feeds].flatMap(([tensor, values]) =>
      tensor instanceof Input
        ? [[tensor.name, tensor.dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values)] as const]
        : [],
    );
    const results = await program.run('all', Object.fromEntries(given));
    return targets.map((_, i) => results[`target ${i}`]!.slice());
  } finally {
    program.release();
  }
}

/**
 * Norm-wise errors of the runtime against the interpreter: the result's, then each gradient's. They are relative to the
 * norm, or to `least` where the norm is below it.
 */
export async function caseErrors(specification: Case, least = 0): Promise<Record<string, number>> {
  const { output, gradients, feeds } = caseGraph(specification);
  const named = new Map([['result', output]]);
  for (const [i, gradient] of gradients.entries()) if (gradient) named.set(`gradient for input ${i}`, gradient);
  const targets = [...named.values()];
  const expected = interpret(targets, feeds);
  const actual = await runOnRuntime(targets, feeds);
  return Object.fromEntries(
    [...named.keys()].map((name, i) => {
      const norm = Math.hypot(...expected[i]!);
      const share = norm === 0 ? 1 : norm;
      return [name, (relativeError(actual[i]!, expected[i]!) * share) / Math.max(share, least)];
    }),
  );
}
