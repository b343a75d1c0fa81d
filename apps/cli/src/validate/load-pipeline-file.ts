import type { PipelineDefinition } from '#contracts';
import { eventSchemaPathOf, labelSchemaPathOf, parsePipelineFile } from '#domain/pipeline-file';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { CliFailure, messageOf } from '../terminal/failure.js';
import { formatExcerpt } from '../terminal/excerpt.js';

export interface FileProblem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** Where in the file's structure; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
  readonly excerpt: readonly string[];
}

export type LoadedPipelineFile =
  | { readonly ok: true; readonly file: string; readonly definition: PipelineDefinition }
  | { readonly ok: false; readonly file: string; readonly problems: readonly FileProblem[] };

/** Reads a pipeline file and the schemas beside it. @throws CliFailure when the pipeline file itself cannot be read */
export async function loadPipelineFile(file: string): Promise<LoadedPipelineFile> {
  const text = await readText(file);
  // Without a schema the file is still held against its shape, so that all its other errors come at once as well.
  const [event, label] = await Promise.all([
    readSchema(file, 'event', eventSchemaPathOf(text)),
    readSchema(file, 'label', labelSchemaPathOf(text)),
  ]);
  const problemAt = new Map([
    ['event.schema', event.problem],
    ['label.schema', label.problem],
  ]);
  const parsed = parsePipelineFile(text, event.text, label.text);
  if (parsed.ok) return { ok: true, file, definition: parsed.definition };
  const problems = parsed.errors.map((error) => ({
    file,
    ...error,
    message: problemAt.get(error.path) ?? error.message,
    excerpt: formatExcerpt(text, error.line, error.column),
  }));
  return { ok: false, file, problems };
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CliFailure(`cannot read the pipeline file ${file}: ${messageOf(error)}`, 1, { cause: error });
  }
}

async function readSchema(
  file: string,
  of: 'event' | 'label',
  written: string | undefined,
): Promise<{ readonly text: string; readonly problem?: string }> {
  if (written === undefined) return { text: '' };
  const path = resolve(dirname(file), written);
  try {
    return { text: await readFile(path, 'utf8') };
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : messageOf(error);
    return { text: '', problem: `cannot read the ${of} schema ${path}: ${why}` };
  }
}

/** `file:line:column: path: message` and the excerpt below, as editors and terminals link them. */
export function formatProblem({ file, line, column, path, message, excerpt }: FileProblem): string[] {
  const place = path === '' ? '' : `${path}: `;
  return [`${file}:${line}:${column}: ${place}${message}`, ...excerpt.map((text) => `  ${text}`)];
}

/** All files, loaded; prints every problem of every file and answers the definitions only when there is none. */
export async function loadAll(files: readonly string[]): Promise<readonly LoadedPipelineFile[]> {
  return Promise.all(files.map(loadPipelineFile));
}
