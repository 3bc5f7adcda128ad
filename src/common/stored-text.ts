/** Control characters that no text has and PostgreSQL, or whoever shows it, cannot bear; tabs and line ends are text. */
const UNWANTED = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

/** What somebody said, as it can be stored: losing a character is better than losing the text. */
export function storedText(text: string): string {
  return Buffer.from(text.replace(UNWANTED, ''), 'utf8').toString('utf8');
}
