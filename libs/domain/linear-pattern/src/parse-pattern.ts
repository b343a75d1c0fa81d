/** A regular expression as far as it can be matched in linear time. */
export type Part =
  | { readonly kind: 'empty' }
  /** One character: `source` is a regular expression of its own, as in `[a-z]`, `\d` or `.`. */
  | { readonly kind: 'character'; readonly source: string }
  | { readonly kind: 'assertion'; readonly at: 'start' | 'end' | 'boundary' | 'inside' }
  | { readonly kind: 'sequence'; readonly parts: readonly Part[] }
  | { readonly kind: 'choice'; readonly parts: readonly Part[] }
  | { readonly kind: 'repeat'; readonly part: Part; readonly least: number; readonly most: number };

/** Thrown for what backtracks by its nature: the caller refuses the pattern with the message. */
export class NotLinear extends Error {
  override readonly name = 'NotLinear';
}

const QUANTIFIER = /^(?:[*+?]|\{(\d+)(?:(,)(\d*))?\})\??/;
const ESCAPE =
  /^\\(?:u\{[0-9a-fA-F]+\}|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|c[A-Za-z]|[pP]\{[^}]*\}|[^])/u;
const CLASS = /^\[(?:\\[^]|[^\]\\])*\]/u;
const GROUP = /^\((?:\?:|\?<[A-Za-z_$][\w$]*>)?/;
const DEEPEST = 100;

/** @param source syntactically right. @throws NotLinear */
export function parsePattern(source: string): Part {
  let rest = source;
  let depth = 0;

  const take = (length: number): string => {
    const taken = rest.slice(0, length);
    rest = rest.slice(length);
    return taken;
  };

  const choice = (): Part => {
    if (++depth > DEEPEST) throw new NotLinear(`has groups nested deeper than ${DEEPEST} levels`);
    const parts = [sequence()];
    while (rest.startsWith('|')) {
      take(1);
      parts.push(sequence());
    }
    depth--;
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts };
  };

  const sequence = (): Part => {
    const parts: Part[] = [];
    while (rest !== '' && !rest.startsWith('|') && !rest.startsWith(')')) parts.push(repeated(atom()));
    return parts.length === 0 ? { kind: 'empty' } : { kind: 'sequence', parts };
  };

  const repeated = (part: Part): Part => {
    const found = QUANTIFIER.exec(rest);
    if (found === null) return part;
    const [text, least, comma, most] = found;
    take(text.length);
    if (text.startsWith('*')) return { kind: 'repeat', part, least: 0, most: Number.POSITIVE_INFINITY };
    if (text.startsWith('+')) return { kind: 'repeat', part, least: 1, most: Number.POSITIVE_INFINITY };
    if (text.startsWith('?')) return { kind: 'repeat', part, least: 0, most: 1 };
    const bound = comma === undefined ? least : most === '' ? Number.POSITIVE_INFINITY : most;
    return { kind: 'repeat', part, least: Number(least), most: Number(bound) };
  };

  const atom = (): Part => {
    switch (rest[0]) {
      case '^':
        take(1);
        return { kind: 'assertion', at: 'start' };
      case '$':
        take(1);
        return { kind: 'assertion', at: 'end' };
      case '(': {
        const [open] = GROUP.exec(rest)!;
        if (open === '(' && rest.startsWith('(?'))
          throw new NotLinear(`looks around or sets flags (${rest.slice(0, 4)}…)`);
        take(open.length);
        const inner = choice();
        take(1);
        return inner;
      }
      case '[':
        return { kind: 'character', source: take(CLASS.exec(rest)![0].length) };
      case '\\':
        return escape();
      default:
        return { kind: 'character', source: literal(take(String.fromCodePoint(rest.codePointAt(0)!).length)) };
    }
  };

  const escape = (): Part => {
    const text = take(ESCAPE.exec(rest)![0].length);
    if (text === '\\b') return { kind: 'assertion', at: 'boundary' };
    if (text === '\\B') return { kind: 'assertion', at: 'inside' };
    if (/^\\[1-9k]/.test(text)) throw new NotLinear(`refers back to a group (${text})`);
    return { kind: 'character', source: text };
  };

  return choice();
}

function literal(character: string): string {
  return character === '{' || character === '}' || character === ']' ? `\\${character}` : character;
}
