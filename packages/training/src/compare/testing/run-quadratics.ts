/** A comparison in a process of its own, to be killed: `node run-quadratics.js OUT OPTIONS`. */
import { compareMethods } from '../compare.js';
import { writeComparison } from '../page.js';
import { quadratics } from './quadratics.js';

const [out = '', options = '{}'] = process.argv.slice(2);
const stop = new AbortController();
process.on('SIGINT', () => stop.abort());
const comparison = await compareMethods({ ...quadratics(out, JSON.parse(options)), signal: stop.signal });
if (comparison) await writeComparison(out, comparison, 'Quadratics', {});
else process.exitCode = 130;
