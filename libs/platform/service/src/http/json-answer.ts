import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Items of an array that are written in one turn of the event loop: about a millisecond of it. */
const ITEMS_PER_TURN = 500;

/**
 * JSON of an answer. One that holds a long array comes as a stream, written piece by piece as the caller takes it: as one
 * text it would stand in memory twice, and nobody else would be served while it is made.
 */
export function jsonAnswer(answer: Readonly<Record<string, unknown>>): string | Readable {
  const isLong = Object.values(answer).some((value) => Array.isArray(value) && value.length > ITEMS_PER_TURN);
  return isLong ? Readable.from(pieces(answer)) : JSON.stringify(answer);
}

async function* pieces(answer: Readonly<Record<string, unknown>>): AsyncGenerator<string> {
  let opening = '{';
  for (const [name, value] of Object.entries(answer)) {
    if (value === undefined) continue;
    yield `${opening}${JSON.stringify(name)}:`;
    opening = ',';
    if (!Array.isArray(value)) {
      yield JSON.stringify(value);
      continue;
    }
    yield '[';
    for (let from = 0; from < value.length; from += ITEMS_PER_TURN) {
      // The brackets of the slice's own JSON stay out.
      const items = JSON.stringify(value.slice(from, from + ITEMS_PER_TURN)).slice(1, -1);
      yield from === 0 ? items : `,${items}`;
      await nextTurn();
    }
    yield ']';
  }
  yield opening === '{' ? '{}' : '}';
}
