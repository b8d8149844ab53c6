/** Making elements. Text is always text: nothing here, or anywhere in the page, parses HTML. */

export type Child = Node | string;

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** @throws Error if the page has no such element: a mistake in page-html.ts. */
export function byId<T extends HTMLElement>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`internal: the page has no ${type.name} "${id}"`);
  return found;
}

/** Writes only what differs: an unchanged text costs no layout, and a screen reader does not say it again. */
export function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** Makes `elements` the children, and moves none that stands right: a moved element loses the focus. */
export function arrange(parent: HTMLElement, elements: readonly Element[]): void {
  const wanted = new Set(elements);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  for (const [index, one] of elements.entries()) {
    if (parent.children[index] !== one) parent.insertBefore(one, parent.children[index] ?? null);
  }
}
