import { adapters, jaxCpu, tfjsCpu } from './engines/adapters.js';
import { threeLosses } from './problems.js';
import { compareEngines } from './suite.js';

compareEngines(threeLosses, adapters, [tfjsCpu, jaxCpu]);
