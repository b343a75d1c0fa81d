import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, Scalar, type Document, type Node } from 'yaml';

/** Something wrong in a pipeline file; `path` is empty for the file as a whole. */
export interface PipelineFileError {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  /** Where in the file's structure, e.g. `expect[2].min`. */
  readonly path: string;
  /** What is wrong and how to mend it. */
  readonly message: string;
}

/** A pipeline of a thousand features takes a fifth of it; what is read is bounded before it is read. */
const MOST_CHARACTERS = 262_144;
const DEEPEST = 50;
const TOO_DEEP = `the file is nested too deeply here; a pipeline has some levels, the limit is ${DEEPEST}`;
/** Beyond them more help nobody. */
const MOST_ERRORS = 100;

export type Path = readonly (string | number)[];

/** Which part of an entry an error points at. */
export type Aim =
  | { readonly at: 'value' }
  | { readonly at: 'key' }
  /** A character of a text value, counted from 0. */
  | { readonly at: 'character'; readonly offset: number };

/** A parsed YAML file that knows where each of its values stands. */
export class YamlSource {
  private constructor(
    private readonly text: string,
    private readonly document: Document,
    private readonly lines: LineCounter,
  ) {}

  static parse(text: string): { readonly source: YamlSource; readonly errors: readonly PipelineFileError[] } {
    const tooLong = text.length > MOST_CHARACTERS;
    const lines = new LineCounter();
    const document = parseDocument(tooLong ? '' : text, {
      lineCounter: lines,
      prettyErrors: false,
      version: '1.2',
      strict: true,
      // The library compares each key with all others: shapeErrorsIn does it in less than a second for any file.
      uniqueKeys: false,
    });
    const source = new YamlSource(text, document as Document, lines);
    if (tooLong) {
      const message = `the file has ${text.length} characters, the limit is ${MOST_CHARACTERS}; leave out what is no part of a pipeline`;
      return { source, errors: [source.errorAtOffset(0, [], message)] };
    }
    const written = [...document.errors, ...document.warnings].map((error) => {
      // The library reads a level by calling itself, and reports where the stack ended.
      const message = error.message.startsWith('Maximum call stack') ? TOO_DEEP : error.message;
      return source.errorAtOffset(error.pos[0], [], message);
    });
    const tooDeep = written.find(({ message }) => message === TOO_DEEP);
    if (tooDeep !== undefined) return { source, errors: [tooDeep] };
    const errors = written.length > 0 ? written : source.shapeErrorsIn(document.contents, []);
    return { source, errors: errors.slice(0, MOST_ERRORS) };
  }

  /** Keys that come twice in a mapping, and what is nested too deeply for anybody. */
  private shapeErrorsIn(node: unknown, path: Path): readonly PipelineFileError[] {
    if (path.length > DEEPEST) return [this.errorAtOffset(startOf(node) ?? 0, [], TOO_DEEP)];
    if (isSeq(node)) return node.items.flatMap((item, at) => this.shapeErrorsIn(item, [...path, at]));
    if (!isMap(node)) return [];
    const seen = new Set<unknown>();
    return node.items.flatMap(({ key, value }) => {
      const name = isScalar(key) ? key.value : key;
      const inner = this.shapeErrorsIn(value, [...path, String(name)]);
      if (!seen.has(name)) {
        seen.add(name);
        return inner;
      }
      const message = `map keys must be unique: ${JSON.stringify(name)} comes twice`;
      return [this.errorAtOffset(startOf(key) ?? 0, [...path, String(name)], message), ...inner];
    });
  }

  /** The file as plain JavaScript. Throws when aliases expand beyond the library's limit. */
  toValue(): unknown {
    return this.document.toJS({ maxAliasCount: 100 }) as unknown;
  }

  /** An error at a path; where the path's end is missing from the file, at its nearest part that is there. */
  error(path: Path, message: string, aim: Aim = { at: 'value' }): PipelineFileError {
    return this.errorAtOffset(this.offsetOf(path, aim), path, message);
  }

  private errorAtOffset(offset: number, path: Path, message: string): PipelineFileError {
    const { line, col } = this.lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col), path: formatPath(path), message };
  }

  private offsetOf(path: Path, aim: Aim): number {
    let node: unknown = this.document.contents;
    let keyOffset = startOf(node) ?? 0;
    for (const step of path) {
      const next = childOf(node, step);
      if (next === undefined) return keyOffset;
      keyOffset = startOf(next.key) ?? startOf(next.value) ?? keyOffset;
      node = next.value;
    }
    const valueOffset = startOf(node) ?? keyOffset;
    switch (aim.at) {
      case 'key':
        return keyOffset;
      case 'value':
        return valueOffset;
      case 'character':
        return valueOffset + this.shiftOf(node, aim.offset);
    }
  }

  /** How far a character of a text lies from where its value starts, as far as the text is written without escapes or folds. */
  private shiftOf(node: unknown, offset: number): number {
    if (!isScalar(node) || typeof node.value !== 'string' || !node.range) return 0;
    const quoted = node.type === Scalar.QUOTE_DOUBLE || node.type === Scalar.QUOTE_SINGLE ? 1 : 0;
    const start = node.range[0] + quoted;
    return this.text.startsWith(node.value, start) ? quoted + offset : 0;
  }
}

function childOf(node: unknown, step: string | number): { readonly key: unknown; readonly value: unknown } | undefined {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => (isScalar(key) ? key.value : key) === step);
    return pair && { key: pair.key, value: pair.value };
  }
  if (isSeq(node) && typeof step === 'number') {
    const item = node.items[step];
    return item === undefined ? undefined : { key: item, value: item };
  }
  return undefined;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? (node as Node).range?.[0] : undefined;
}

function formatPath(path: Path): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');
}
