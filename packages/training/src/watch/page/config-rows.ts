/** The options of several runs, ready for a table. */

export interface ConfigRow {
  readonly option: string;
  /** One per run, as text; empty where the run has no such option. */
  readonly values: readonly string[];
  readonly differs: boolean;
}

/** Nested options have dotted names; the order is that of the first run that has them. */
export function configRows(configs: readonly { readonly [option: string]: unknown }[]): ConfigRow[] {
  const flat = configs.map((config) => new Map(flatten(config)));
  const options = new Set(flat.flatMap((one) => [...one.keys()]));
  return [...options].map((option) => {
    const values = flat.map((one) => one.get(option) ?? '');
    return { option, values, differs: new Set(values).size > 1 };
  });
}

function flatten(values: { readonly [option: string]: unknown }, prefix = ''): [string, string][] {
  return Object.entries(values).flatMap(([key, value]): [string, string][] => {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (isObject && Object.keys(value).length > 0) return flatten({ ...value }, `${prefix}${key}.`);
    return [[prefix + key, typeof value === 'string' ? value : JSON.stringify(value)]];
  });
}
