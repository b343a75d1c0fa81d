const SPACE = /[ \t\r\n]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;
const WORD = /true|false|null/y;

/** What may come next: a value, the first or a later entry of an object or array, what follows a value. */
type Expected = 'value' | 'first-item' | 'first-key' | 'key' | 'after-value';

export interface JsonFault {
  /** Index of the character where the text stops being JSON; its length when it ends too early. */
  readonly position: number;
  /** Counted from 1. */
  readonly line: number;
  readonly column: number;
}

/** Finds where a text stops being JSON (RFC 8259): V8 tells it in some cases only. Undefined when it is JSON. */
export function locateJsonFault(text: string): JsonFault | undefined {
  const open: ('{' | '[')[] = [];
  let expected: Expected = 'value';
  let at = 0;
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  };
  for (;;) {
    take(SPACE);
    const character = text[at];
    if (expected === 'after-value' && open.length === 0) return at === text.length ? undefined : faultAt(text, at);
    if (expected === 'after-value') {
      const inObject = open.at(-1) === '{';
      if (character === ',') expected = inObject ? 'key' : 'value';
      else if (character === (inObject ? '}' : ']')) open.pop();
      else return faultAt(text, at);
      at++;
    } else if ((expected === 'first-key' && character === '}') || (expected === 'first-item' && character === ']')) {
      open.pop();
      at++;
      expected = 'after-value';
    } else if (expected === 'key' || expected === 'first-key') {
      if (!take(STRING)) return faultAt(text, at);
      take(SPACE);
      if (text[at] !== ':') return faultAt(text, at);
      at++;
      expected = 'value';
    } else if (character === '{' || character === '[') {
      open.push(character);
      at++;
      expected = character === '{' ? 'first-key' : 'first-item';
    } else if (take(STRING) || take(NUMBER) || take(WORD)) expected = 'after-value';
    else return faultAt(text, at);
  }
}

function faultAt(text: string, position: number): JsonFault {
  const before = text.slice(0, position);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { position, line: before.split('\n').length, column: position - lineStart + 1 };
}
