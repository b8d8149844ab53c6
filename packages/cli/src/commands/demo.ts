import type { Command } from 'commander';
import type { SetExitCode } from '../program.js';

export function addDemo(_program: Command, _setExitCode: SetExitCode): void {}
