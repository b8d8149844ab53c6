/** The pages docs/methods/*.md, made from the registry: what they say is what the code does. */
import { type AnyMethodRow, type Family, kebabCase } from 'counterpoise/catalog';
import { defaultOf, needsOf, propertyLines, unitOf, valuesOf } from './describe.js';
import { FAMILIES, methodsByFamily } from './families.js';

const NOTICE =
  '<!-- Made by tools/method-pages.mjs from the table of methods. Change the table, then: npm run build && node tools/method-pages.mjs -->';

/** Text of each page by its file name. */
export function methodPages(): Readonly<Record<string, string>> {
  const families = methodsByFamily();
  const pages = families.map(([family, rows]) => [`${family}.md`, familyPage(family, rows)] as const);
  return { 'README.md': overview(families), ...Object.fromEntries(pages) };
}

function overview(families: ReturnType<typeof methodsByFamily>): string {
  const count = families.reduce((sum, [, rows]) => sum + rows.length, 0);
  return page([
    '# Methods',
    `${count} methods in ${families.length} families. What they need is told as the fields of a line of \`counterpoise weigh\`, which are those of \`Balancer.weigh\` too. ` +
      'Which one when: [balancing.md](../balancing.md). Their properties side by side, as the tests measure them: [properties.md](properties.md).',
    'w_k is the weight of loss L_k, gamma_k its priority, g_k its gradient, K the number of tasks in the step.',
    ...families.flatMap(([family, rows]) => [
      `## [${FAMILIES[family].title}](${family}.md)`,
      table(
        ['name', 'needs', 'what it does'],
        rows.map((row) => [`[\`${row.name}\`](${family}.md#${row.name})`, needsOf(row), row.summary]),
      ),
    ]),
  ]);
}

function familyPage(family: Family, rows: readonly AnyMethodRow[]): string {
  const { title, intro } = FAMILIES[family];
  return page([
    `# ${title}`,
    intro,
    'Options are written as on a command line (`scale-mode`); in TypeScript they are camelCase (`scaleMode`). [All methods](README.md)',
    ...rows.flatMap(section),
  ]);
}

function section(row: AnyMethodRow): string[] {
  const options = Object.entries(row.options);
  const rows = options.map(([name, spec]) => [
    `\`${kebabCase(name)}\``,
    valuesOf(spec),
    defaultOf(spec),
    unitOf(spec),
    spec.summary,
  ]);
  return [
    `## ${row.name}`,
    row.summary,
    `    ${row.formula.split('\n').join('\n    ')}`,
    `Needs: ${needsOf(row)}. Source: ${linked(row.citation)}.`,
    propertyLines(row)
      .map((line) => `- ${line}`)
      .join('\n'),
    ...(options.length > 0 ? [table(['option', 'values', 'default', 'unit', 'meaning'], rows)] : ['No options.']),
  ];
}

function linked(citation: string): string {
  return citation
    .replace(/arXiv:(\d{4}\.\d{4,5})/g, '[arXiv:$1](https://arxiv.org/abs/$1)')
    .replace(/openreview\.net\S+\w/g, '[$&](https://$&)');
}

/** Aligned, so that it can be read as text too. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  const [first, ...further] = cells.map(line);
  return [first, line(widths.map((width) => '-'.repeat(width))), ...further].join('\n');
}

function page(blocks: readonly string[]): string {
  return `${[NOTICE, ...blocks].join('\n\n')}\n`;
}
