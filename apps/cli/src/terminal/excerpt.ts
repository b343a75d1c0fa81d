/**
 * The offending line with a caret under `column`, and one line before it for context. Line and column count from 1.
 * Tabs are kept in the caret line so that it lines up; a column beyond the line's end points just after it.
 */
export function formatExcerpt(text: string, line: number, column: number): string[] {
  const lines = text.split(/\r?\n/);
  const offending = lines[line - 1];
  if (offending === undefined) return [];
  const gutter = String(line).length;
  const numbered = (number: number, content: string): string =>
    `${String(number).padStart(gutter)} | ${content}`.trimEnd();
  const before = line >= 2 ? lines[line - 2] : undefined;
  const lead = offending.slice(0, Math.max(0, column - 1)).replace(/[^\t]/g, ' ');
  return [
    ...(before === undefined || before.trim() === '' ? [] : [numbered(line - 1, before)]),
    numbered(line, offending),
    `${' '.repeat(gutter)} | ${lead}^`,
  ];
}
