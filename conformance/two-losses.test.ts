import { adapters, jaxCpu, jaxWasm, tfjsWasm } from './engines/adapters.js';
import { twoLosses } from './problems.js';
import { compareEngines } from './suite.js';

compareEngines(twoLosses, adapters, [tfjsWasm, jaxCpu, jaxWasm]);
