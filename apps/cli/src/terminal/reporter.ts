import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

export interface Streams {
  readonly out: NodeJS.WriteStream;
  readonly err: NodeJS.WriteStream;
}

/**
 * What a command says. Results go to stdout: lines for people, or one JSON document with `--json`. Progress, notes and
 * warnings go to stderr, so that stdout can be piped. Colour only where the stream is a terminal (and NO_COLOR is unset).
 */
export class Reporter {
  constructor(
    readonly json: boolean,
    private readonly streams: Streams = { out: process.stdout, err: process.stderr },
  ) {}

  /** A line of the result for people; nothing with `--json`. */
  line(text = ''): void {
    if (!this.json) this.streams.out.write(`${text}\n`);
  }

  /** The result for machines; nothing without `--json`. Called more than once it makes NDJSON. */
  result(value: unknown): void {
    if (this.json) this.streams.out.write(`${JSON.stringify(value, jsonSafe)}\n`);
  }

  note(text: string): void {
    this.streams.err.write(`${text}\n`);
  }

  warn(text: string): void {
    this.streams.err.write(`${this.styleErr('yellow', 'warning:')} ${text}\n`);
  }

  error(text: string): void {
    this.streams.err.write(`${this.styleErr('red', 'error:')} ${text}\n`);
  }

  /** True when a progress bar or a redrawn screen makes sense. */
  get interactive(): boolean {
    return this.streams.err.isTTY === true;
  }

  get screen(): boolean {
    return this.streams.out.isTTY === true && !this.json;
  }

  style(style: Style, text: string): string {
    return styleText(style, text, { stream: this.streams.out });
  }

  /** Clears the terminal and homes the cursor, for `--watch`. */
  redraw(): void {
    this.streams.out.write('\u001b[2J\u001b[H');
  }

  private styleErr(style: Style, text: string): string {
    return styleText(style, text, { stream: this.streams.err });
  }
}

function jsonSafe(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Map) return Object.fromEntries(value);
  return value;
}
