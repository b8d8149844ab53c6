/** A process that answers lines of JSON. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export async function startPeer(command, args) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const failed = new Promise((_, reject) => {
    child.once('error', (error) => reject(new Error(`${command}: ${error.message}`)));
    child.once('exit', (code) => reject(new Error(`${command} ${args.join(' ')} ended with exit code ${code}`)));
  });
  failed.catch(() => {});
  const answer = async () => {
    const { value } = await Promise.race([lines.next(), failed]);
    const parsed = JSON.parse(value);
    if (parsed.error) throw new Error(parsed.error);
    return parsed;
  };
  const ready = await answer();
  return {
    ready,
    ask(line) {
      child.stdin.write(`${line}\n`);
      return answer();
    },
    async quit() {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.stdin.end('quit\n');
      await gone;
    },
  };
}
