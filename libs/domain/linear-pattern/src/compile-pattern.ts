import { NotLinear, parsePattern, type Part } from './parse-pattern.js';

/** A regular expression whose time grows with the length of the text, whatever the two are. */
export interface Pattern {
  /** Whether the text matches somewhere. */
  test(text: string): boolean;
}

export type PatternResult =
  | { readonly ok: true; readonly pattern: Pattern }
  /** @param message what is wrong, to stand behind "the pattern" */
  | { readonly ok: false; readonly message: string };

/** States of one pattern: repetitions with bounds are written out. As many steps at most are taken per character. */
const MOST_STATES = 2_000;
const ASCII = 128;

/**
 * One state of the machine. `character`: goes on to `next` over a character that it takes. The others take none: `split` goes
 * to both, an assertion goes on where it holds, `match` is the end.
 */
type State =
  | { readonly kind: 'character'; readonly takes: (character: string) => boolean; next: number }
  | { readonly kind: 'split'; next: number; other: number }
  | { readonly kind: 'start' | 'end' | 'boundary' | 'inside'; next: number }
  | { readonly kind: 'match' };

/**
 * Compiles a regular expression in JavaScript's syntax (flag `u`). JavaScript's own engine tries one way after the other: of
 * some patterns, `(a+)+$` is the known one, forty characters take it longer than anybody waits, and the text is anybody's.
 * Here all ways are followed at once (Thompson 1968, as RE2 does, which is what CEL asks for).
 *
 * Refused is what needs trying: references back to a group, looking ahead or behind.
 */
export function compilePattern(source: string): PatternResult {
  try {
    const native = new RegExp(source, 'u');
    const part = parsePattern(source);
    if (isLinearAnyway(source)) return { ok: true, pattern: native };
    return { ok: true, pattern: new Machine(statesOf(part)) };
  } catch (error) {
    if (error instanceof NotLinear) return { ok: false, message: (error as Error).message };
    return { ok: false, message: `is not a regular expression: ${(error as Error).message}` };
  }
}

/** From the start of the text, with nothing or one thing repeated: no other way could be tried. */
function isLinearAnyway(source: string): boolean {
  return /^\^[^|()*+?{]*[*+?]?[^|()*+?{]*$/.test(source);
}

function statesOf(part: Part): readonly State[] {
  const states: State[] = [];
  const add = (state: State): number => {
    if (states.length >= MOST_STATES) throw new NotLinear(`repeats too much: it needs more than ${MOST_STATES} states`);
    return states.push(state) - 1;
  };
  // From behind: what follows a part is known when it is written.
  const write = (it: Part, next: number): number => {
    switch (it.kind) {
      case 'empty':
        return next;
      case 'character':
        return add({ kind: 'character', takes: takerOf(it.source), next });
      case 'assertion':
        return add({ kind: it.at, next });
      case 'sequence':
        return it.parts.reduceRight((after, inner) => write(inner, after), next);
      case 'choice':
        return it.parts
          .map((inner) => write(inner, next))
          .reduce((other, first) => add({ kind: 'split', next: first, other }));
      case 'repeat':
        return writeRepeat(it, next);
    }
  };
  const writeRepeat = ({ part: inner, least, most }: Extract<Part, { kind: 'repeat' }>, next: number): number => {
    if (most > MOST_STATES && most !== Number.POSITIVE_INFINITY) {
      throw new NotLinear(`repeats too much: it needs more than ${MOST_STATES} states`);
    }
    let entry = next;
    if (most === Number.POSITIVE_INFINITY) {
      const loop = { kind: 'split' as const, next: 0, other: next };
      entry = add(loop);
      loop.next = write(inner, entry);
    } else {
      for (let at = least; at < most; at++) entry = add({ kind: 'split', next: write(inner, entry), other: next });
    }
    for (let at = 0; at < least; at++) {
      if (at > MOST_STATES) throw new NotLinear(`repeats too much: it needs more than ${MOST_STATES} states`);
      entry = write(inner, entry);
    }
    return entry;
  };
  const end = add({ kind: 'match' });
  const start = write(part, end);
  return [...states, { kind: 'split', next: start, other: start }];
}

/** One character against one class: asked once for each ASCII character, by the engine for the others. */
function takerOf(source: string): (character: string) => boolean {
  const one = new RegExp(`^${source}$`, 'u');
  const ascii = Array.from({ length: ASCII }, (_, code) => one.test(String.fromCharCode(code)));
  return (character) => {
    const code = character.charCodeAt(0);
    return code < ASCII ? ascii[code]! : one.test(character);
  };
}

const WORD = /^\w$/;

class Machine implements Pattern {
  private readonly start: number;
  /** By state: the position at which it was last reached, so that none is followed twice there. */
  private readonly reachedAt: Int32Array;

  /** @param states the last is where to begin */
  constructor(private readonly states: readonly State[]) {
    this.start = states.length - 1;
    this.reachedAt = new Int32Array(states.length);
  }

  test(text: string): boolean {
    this.reachedAt.fill(-1);
    let current: number[] = [];
    let before = '';
    let position = 0;
    for (const character of text) {
      // A match may begin at any character.
      if (this.follow([...current, this.start], position, before, character, (current = []))) return true;
      const next: number[] = [];
      for (const at of current) {
        const state = this.states[at]!;
        if (state.kind === 'character' && state.takes(character)) next.push(state.next);
      }
      current = next;
      before = character;
      position++;
    }
    return this.follow([...current, this.start], position, before, '', []);
  }

  /** Goes on from states over all that takes no character. @returns whether the end was reached */
  private follow(from: number[], position: number, before: string, after: string, into: number[]): boolean {
    const open = from;
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (this.reachedAt[at] === position) continue;
      this.reachedAt[at] = position;
      const state = this.states[at]!;
      switch (state.kind) {
        case 'match':
          return true;
        case 'character':
          into.push(at);
          break;
        case 'split':
          open.push(state.next, state.other);
          break;
        default:
          if (holds(state.kind, before, after)) open.push(state.next);
      }
    }
    return false;
  }
}

function holds(assertion: 'start' | 'end' | 'boundary' | 'inside', before: string, after: string): boolean {
  switch (assertion) {
    case 'start':
      return before === '';
    case 'end':
      return after === '';
    case 'boundary':
      return WORD.test(before) !== WORD.test(after);
    case 'inside':
      return WORD.test(before) === WORD.test(after);
  }
}
