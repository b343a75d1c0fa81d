import { problemDetails, type ProblemError } from '#platform/service';
import type { CloudAttributes, Reading } from '../candidate.js';

const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;
const ATTRIBUTE_NAME = /^[a-z0-9]+$/;
const JSON_MEDIA_TYPE = /^[^;]*[/+]json\s*(?:;|$)/i;
/** Members of a structured event that are no extension attributes. */
const DEFINED = new Set([
  'specversion',
  'id',
  'source',
  'type',
  'time',
  'subject',
  'datacontenttype',
  'dataschema',
  'data',
  'data_base64',
  'traceparent',
  'tracestate',
]);

/** A CloudEvent in structured mode (`application/cloudevents+json`). @param pointer where it stands in the body */
export function readStructured(json: unknown, pointer = ''): Reading {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return refused([{ pointer, code: 'type', detail: 'a CloudEvent is a JSON object' }]);
  }
  const members = json as Readonly<Record<string, unknown>>;
  const errors: ProblemError[] = [];
  const contentType = members['datacontenttype'];
  if (contentType !== undefined && !(typeof contentType === 'string' && JSON_MEDIA_TYPE.test(contentType))) {
    errors.push({
      pointer: `${pointer}/datacontenttype`,
      code: 'data_content_type',
      detail: 'only JSON data is taken; leave datacontenttype out or set it to application/json',
    });
  }
  if (Object.hasOwn(members, 'data_base64')) {
    errors.push({
      pointer: `${pointer}/data_base64`,
      code: 'data_content_type',
      detail: 'put the event as JSON into data',
    });
  } else if (!Object.hasOwn(members, 'data')) {
    errors.push({ pointer: `${pointer}/data`, code: 'missing_field', detail: 'data, the event itself, is missing' });
  }
  const attributes = readAttributes(members, (name) => `${pointer}/${name}`, errors);
  return attributes === undefined ? refused(errors) : { ok: true, candidate: { data: members['data'], attributes } };
}

/** A CloudEvent in binary mode: attributes in `ce-*` headers, the data as the body. */
export function readBinary(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  body: unknown,
): Reading {
  // Without a prototype: `ce-__proto__` is a header like any other.
  const members = Object.create(null) as Record<string, unknown>;
  const errors: ProblemError[] = [];
  for (const [header, value] of Object.entries(headers)) {
    if (!header.startsWith('ce-') || value === undefined) continue;
    const text = typeof value === 'string' ? value : value.join(',');
    try {
      members[header.slice(3)] = decodeURIComponent(text);
    } catch {
      errors.push({ code: 'type', detail: `the header ${header} is not percent-encoded correctly` });
    }
  }
  const attributes = readAttributes(members, undefined, errors);
  return attributes === undefined ? refused(errors) : { ok: true, candidate: { data: body, attributes } };
}

/** Whether the headers say that this is a CloudEvent in binary mode. */
export function isBinaryMode(headers: Readonly<Record<string, unknown>>): boolean {
  return headers['ce-specversion'] !== undefined || headers['ce-id'] !== undefined;
}

/** @returns undefined when `errors` is not empty at the end */
function readAttributes(
  members: Readonly<Record<string, unknown>>,
  pointerOf: ((name: string) => string) | undefined,
  errors: ProblemError[],
): CloudAttributes | undefined {
  const subject = (name: string): string => (pointerOf === undefined ? `the header ce-${name}` : name);
  const fail = (name: string, code: string, detail: string): void => {
    errors.push({
      ...(pointerOf === undefined ? {} : { pointer: pointerOf(name) }),
      code,
      detail: `${subject(name)} ${detail}`,
    });
  };
  const required = (name: string): string => {
    const value = members[name];
    if (typeof value === 'string' && value !== '') return value;
    fail(
      name,
      value === undefined ? 'missing_field' : 'type',
      value === undefined ? 'is missing' : 'must be a text that is not empty',
    );
    return '';
  };
  if (required('specversion') !== '1.0' && members['specversion'] !== undefined) {
    fail('specversion', 'specversion', `must be "1.0", not ${shown(members['specversion'])}`);
  }
  const [id, source, type] = [required('id'), required('source'), required('type')];
  const { time, traceparent, tracestate } = members;
  if (time !== undefined && !(typeof time === 'string' && RFC3339.test(time))) {
    fail('time', 'type', 'must be an RFC 3339 time such as 2026-01-31T12:00:00Z');
  }
  const extensions: Record<string, string> = {};
  for (const [name, value] of Object.entries(members)) {
    if (name !== 'subject' && name !== 'dataschema' && DEFINED.has(name)) continue;
    if (!ATTRIBUTE_NAME.test(name))
      fail(name, 'attribute_name', 'may only have the letters a-z and digits in its name');
    else if (typeof value === 'object') fail(name, 'type', 'must be a text, a number or a boolean');
    else extensions[name] = String(value);
  }
  if (errors.length > 0) return undefined;
  return {
    id,
    source,
    type,
    ...(typeof time === 'string' ? { time } : {}),
    ...(typeof traceparent === 'string' ? { traceparent } : {}),
    ...(typeof tracestate === 'string' ? { tracestate } : {}),
    extensions,
  };
}

/** Never what is nested: as deep as a body may be, it could not even be written down. */
function shown(value: unknown): string {
  return typeof value === 'object' && value !== null ? 'an object or a list' : JSON.stringify(value);
}

function refused(errors: readonly ProblemError[]): Reading {
  const detail = errors.map((error) => error.detail).join('; ');
  return { ok: false, problem: problemDetails(400, 'invalid_cloud_event', `${detail}.`, { errors }) };
}
