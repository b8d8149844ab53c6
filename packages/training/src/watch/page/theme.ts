/** Light, dark, or what the system says; the choice is kept by the browser. */
import { byId } from './dom.js';

const THEMES = ['auto', 'light', 'dark'] as const;
const KEY = 'counterpoise-theme';

/** @param onChange after every change, also one of the system. */
export function addTheme(onChange: () => void): void {
  const button = byId('theme', HTMLButtonElement);
  let shown: (typeof THEMES)[number] = 'auto';
  const show = (theme: typeof shown) => {
    shown = theme;
    document.documentElement.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
    onChange();
  };
  button.addEventListener('click', () => {
    const next = THEMES[(THEMES.indexOf(shown) + 1) % THEMES.length]!;
    localStorage.setItem(KEY, next);
    show(next);
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', onChange);
  show(THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? 'auto');
}
