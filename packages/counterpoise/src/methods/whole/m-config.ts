import { defineMethod, type Method } from '../../method.js';
import type { MethodRow } from '../../method-row.js';
import { numberOption, resolveOptions, type SpecsOf } from '../../options.js';
import { config } from '../gramian/config.js';

export interface MConfigOptions {
  /** Decay of the mean gradient of each loss. Range [0, 1), default 0.9. */
  beta1?: number;
  /** Decay of the mean square of the update. Range [0, 1), default 0.999. */
  beta2?: number;
}

const specs = {
  beta1: numberOption('[0, 1)', { default: 0.9, unit: '1', summary: 'decay of the mean gradient of each loss' }),
  beta2: numberOption('[0, 1)', { default: 0.999, unit: '1', summary: 'decay of the mean square of the update' }),
} as const satisfies SpecsOf<MConfigOptions>;

/** The weights of `config` on the mean gradients of the losses, whose Gramian it is shown. */
export function mConfig(options: MConfigOptions = {}) {
  const resolved = resolveOptions('m-config', specs, options);
  return defineMethod({ ...config().rule, name: 'm-config', specs, options: { ...resolved } }) as Method<
    null,
    'gramian'
  >;
}

export const mConfigRow: MethodRow<MConfigOptions, 'gramian'> = {
  name: 'm-config',
  family: 'gradients',
  summary: 'config on mean gradients, of which each step renews one: one backward pass. For SGD without momentum.',
  citation: 'Liu, Chu & Thuerey, ConFIG: Conflict-Free Training of PINNs, ICLR 2025, arXiv:2408.11104',
  formula:
    'm_k <- beta1 m_k + (1 - beta1) g_k for the one loss in turn; c = ConFIG of the m_k / (1 - beta1^t_k), M = (1 - beta1^t) c;\ns <- beta2 s + (1 - beta2) ((M - beta1 M_before) / (1 - beta1))^2, d = c / (sqrt(s / (1 - beta2^t)) + 1e-8)',
  needs: ['gramian'],
  options: specs,
  properties: ['signed'],
  create: mConfig,
};
