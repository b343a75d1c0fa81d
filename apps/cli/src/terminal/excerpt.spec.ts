import { formatExcerpt } from './excerpt.js';

const FILE = 'name: fraud\nexpect:\n\t- { field: amount }\n';

describe('formatExcerpt', () => {
  it('shows the line, the one before, and a caret under the column', () => {
    expect(formatExcerpt('a: 1\nb: wrong', 2, 4)).toEqual(['1 | a: 1', '2 | b: wrong', '  |    ^']);
  });

  it('keeps tabs, so that the caret stands where the terminal puts the column', () => {
    expect(formatExcerpt(FILE, 3, 6).at(-1)).toBe('  | \t    ^');
  });

  it('shows nothing for a line that the file does not have', () => {
    expect(formatExcerpt(FILE, 9, 1)).toEqual([]);
  });

  it('leaves out a blank line before', () => {
    expect(formatExcerpt('\nname: x', 2, 1)).toEqual(['2 | name: x', '  | ^']);
  });
});
