// biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these are forbidden
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
/** They turn the direction of writing for whatever follows, so that "a\u202egnp.exe" reads "aexe.png". */
const TURNING = /[\u202a-\u202e\u2066-\u2069]/g;

/** Text for HTML and SVG, in elements and in quoted attributes. What XML forbids or would mislead becomes U+FFFD. */
export function escapeHtml(text: string): string {
  const clean = text.replace(FORBIDDEN, '\ufffd').replace(TURNING, '\ufffd');
  return clean.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
