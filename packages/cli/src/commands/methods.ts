import type { Command } from 'commander';
import type { OptionSpec } from 'counterpoise';
import { type AnyMethodRow, allMethods, kebabCase, methodRow } from 'counterpoise/catalog';
import { defaultOf, needsOf, propertyLines, unitOf, valuesOf } from '../methods/describe.js';
import { FAMILIES, methodsByFamily } from '../methods/families.js';

export function addMethods(program: Command): void {
  program
    .command('methods')
    .description('List the balancing methods, or explain one.')
    .argument('[name]', 'name of a method')
    .option('--json', 'print JSON')
    .action((name: string | undefined, { json }: { json?: true }) => {
      const row = name === undefined ? undefined : methodRow(name);
      const text = json ? JSON.stringify(row ?? Object.values(allMethods), null, 2) : row ? explain(row) : table();
      process.stdout.write(`${text}\n`);
    });
}

function table(): string {
  const families = methodsByFamily();
  const rows = families.flatMap(([, members]) => members);
  const nameWidth = Math.max(...rows.map(({ name }) => name.length));
  const needsWidth = Math.max(...rows.map((row) => needsOf(row).length));
  const line = (name: string, needs: string, summary: string) =>
    `  ${name.padEnd(nameWidth)}  ${needs.padEnd(needsWidth)}  ${summary}`;
  return [
    line('name', 'needs', 'what it does'),
    ...families.flatMap(([family, members]) => [
      '',
      FAMILIES[family].title,
      ...members.map((row) => line(row.name, needsOf(row), row.summary)),
    ]),
    '',
    'counterpoise methods NAME explains one; counterpoise weigh NAME uses it, and train localize --balance NAME.',
  ].join('\n');
}

function explain(row: AnyMethodRow): string {
  const { name, family, summary, formula, citation } = row;
  const options = Object.entries(row.options).map(([option, spec]) => [kebabCase(option), spec] as const);
  const width = Math.max(0, ...options.map(([option]) => option.length));
  const [first, ...further] = propertyLines(row);
  return [
    name,
    `  ${summary}`,
    `  family      ${FAMILIES[family].title}`,
    `  weight      ${formula.split('\n').join('\n              ')}`,
    `  source      ${citation}`,
    `  needs       ${needsOf(row)}`,
    `  properties  ${first}`,
    ...further.map((line) => `              ${line}`),
    options.length > 0
      ? '  options     name=value, after --option (weigh) or --balance-option (train)'
      : '  options     none',
    ...options.map(([option, spec]) => `    ${option.padEnd(width)}  ${spec.summary} (${facts(spec)})`),
  ].join('\n');
}

function facts(spec: OptionSpec): string {
  const unit = unitOf(spec);
  return `${valuesOf(spec)}${unit && `; unit ${unit}`}; default ${defaultOf(spec)}`;
}
