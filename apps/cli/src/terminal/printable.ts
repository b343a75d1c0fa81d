/** Text of others on one line of a terminal: control characters must not reach it, and too long a text is cut. */
export function printable(text: string, most: number): string {
  const safe = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffd]/g, '·');
  const characters = [...safe];
  return characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : safe;
}
