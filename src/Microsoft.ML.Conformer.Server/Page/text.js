// What is written on the page.

export const element = id => document.getElementById(id);

export const percent = probability => `${(100 * probability).toFixed(1)} %`;
export const megabytes = bytes => `${(bytes / 1e6).toLocaleString('en', { maximumFractionDigits: 1 })} MB`;

// A name that others gave, for the page: escapes in the place of what would not be seen or would turn other text around, and not too long.
// As VisibleText does for the server's messages.
const longest = 160;
export function visible(name) {
  const characters = [...name.slice(0, longest + 1)];
  const cut = name.length > longest ? [...characters.slice(0, longest - 1), '…'] : characters;
  return cut.join('').replace(/[\p{C}\p{Zl}\p{Zp}]/gu, hidden => `\\u{${hidden.codePointAt(0).toString(16).toUpperCase()}}`);
}

export function list(names, most) {
  const more = names.length - most;
  return names.slice(0, most).map(visible).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
