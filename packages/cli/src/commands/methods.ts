import type { Command } from 'commander';
import { type AnyMethodRow, methodRow, methods, type OptionSpec } from 'counterpoise';

export function addMethods(program: Command): void {
  program
    .command('methods')
    .description('List the balancing methods, or explain one.')
    .argument('[name]', 'name of a method')
    .option('--json', 'print JSON')
    .action((name: string | undefined, { json }: { json?: true }) => {
      const rows = name === undefined ? (Object.values(methods) as readonly AnyMethodRow[]) : [methodRow(name)];
      const text = json
        ? JSON.stringify(name === undefined ? rows : rows[0], null, 2)
        : rows.map(name === undefined ? summaryLine : explain).join('\n');
      process.stdout.write(`${text}\n`);
    });
}

function summaryLine({ name, summary }: AnyMethodRow): string {
  return `${name.padEnd(12)} ${summary}`;
}

function explain({ name, summary, formula, citation, needs, options }: AnyMethodRow): string {
  const entries = Object.entries(options);
  return [
    name,
    `  ${summary}`,
    `  weight    ${formula}`,
    `  source    ${citation}`,
    ...(needs.length > 0 ? [`  needs     ${needs.join(', ')}`] : []),
    entries.length > 0 ? '  options   (--balance-option name=value)' : '  options   none',
    ...entries.map(([option, spec]) => `    ${option.padEnd(16)} ${spec.summary} (${facts(spec)})`),
  ].join('\n');
}

function facts(spec: OptionSpec): string {
  const unit = 'unit' in spec && spec.unit && spec.unit !== '1' ? `${spec.unit}, ` : '';
  const values =
    spec.type === 'choice'
      ? spec.choices.join(' | ')
      : spec.type === 'boolean'
        ? 'true | false'
        : spec.type === 'task'
          ? 'name of a loss'
          : spec.range;
  return `${unit}${values}; default ${spec.default ?? 'none'}`;
}
