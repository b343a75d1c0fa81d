import type { AvroRecordSchema } from '#contracts';
import { eventFieldsOf, type EventField } from '#domain/event-schema';
import { didYouMean } from '#domain/spelling';
import type { Aim, Path, PipelineFileError, YamlSource } from './yaml-source.js';

/** What the resolvers share: the file, the event's fields, and the errors found so far. */
export class Resolution {
  readonly errors: PipelineFileError[] = [];
  readonly fields: ReadonlyMap<string, EventField>;

  constructor(
    private readonly source: YamlSource,
    readonly schema: AvroRecordSchema,
    /** Name of the field with the event time; undefined where the file does not say it. */
    readonly timeField: string | undefined,
  ) {
    this.fields = eventFieldsOf(schema);
  }

  fail(path: Path, message: string, aim?: Aim): void {
    this.errors.push(this.source.error(path, message, aim));
  }

  /** The event's field of that name; an error at the path when there is none. */
  field(name: string, path: Path): EventField | undefined {
    return this.fieldOf('event', this.fields, name, path);
  }

  fieldOf(
    what: 'event' | 'label',
    fields: ReadonlyMap<string, EventField>,
    name: string,
    path: Path,
  ): EventField | undefined {
    const field = fields.get(name);
    if (!field) this.unknown(`the ${what} has no field`, name, [...fields.keys()], path, `the ${what} has`);
    return field;
  }

  /** Something that is none of the names: the nearest of them, or all. */
  unknown(what: string, name: string, known: readonly string[], path: Path, allAre: string, aim?: Aim): void {
    const cure = didYouMean(name, known) || `; ${allAre} ${known.join(', ')}`;
    this.fail(path, `${what} "${name}"${cure}`, aim);
  }
}
