/** The element of index.html with this id. */
export function byId<T extends Element = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(`page: index.html has no element with the id "${id}".`);
  return element as Element as T;
}

/** Makes an element with text, which is never parsed as HTML. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: { readonly className?: string; readonly text?: string; readonly title?: string } = {},
  ...children: Node[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (properties.className) element.className = properties.className;
  if (properties.title) element.title = properties.title;
  if (properties.text !== undefined) element.textContent = properties.text;
  element.append(...children);
  return element;
}
