import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

// A process of its own: the library looks at the environment only when it is loaded.
function temporaryFiles(): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'counterpoise-telemetry-'));
  try {
    const engine = new URL('../../dist/index.js', import.meta.url).href;
    const script = `
      const { compile, Input, mul } = await import(${JSON.stringify(engine)});
      const program = await compile([{ name: 'all', outputs: { y: mul(new Input('x', [1]), 2) } }], { threads: 1 });
      await program.run('all', { x: 3 });
      program.release();`;
    const { ORT_DISABLE_TELEMETRY: _, ...inherited } = process.env;
    execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
      env: { ...inherited, TMPDIR: folder },
    });
    return readdirSync(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('telemetry of ONNX Runtime', () => {
  it('is off: nothing is left in the temporary folder', () => {
    expect(temporaryFiles()).toEqual([]);
  });
});
