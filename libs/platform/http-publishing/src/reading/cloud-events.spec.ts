import { readBinary, readStructured } from './cloud-events.js';

const EVENT = { specversion: '1.0', id: 'a', source: '/s', type: 't', data: { x: 1 } };

function errorsOf(json: unknown) {
  const reading = readStructured(json, '/3');
  return reading.ok ? [] : reading.problem.errors?.map(({ pointer, code }) => `${pointer} ${code}`);
}

describe('readStructured', () => {
  it('keeps attributes and extensions apart from the data', () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    expect(
      readStructured({ ...EVENT, time: '2026-01-01T00:00:00Z', traceparent, subject: 's', n: 7, b: true }),
    ).toEqual({
      ok: true,
      candidate: {
        data: { x: 1 },
        attributes: {
          id: 'a',
          source: '/s',
          type: 't',
          time: '2026-01-01T00:00:00Z',
          traceparent,
          extensions: { subject: 's', n: '7', b: 'true' },
        },
      },
    });
  });

  it.each<[string, unknown, string[]]>([
    ['no object', [], ['/3 type']],
    [
      'no attributes',
      { data: 1 },
      ['/3/specversion missing_field', '/3/id missing_field', '/3/source missing_field', '/3/type missing_field'],
    ],
    ['another version', { ...EVENT, specversion: '0.3' }, ['/3/specversion specversion']],
    ['an empty id', { ...EVENT, id: '' }, ['/3/id type']],
    ['a time without a zone', { ...EVENT, time: '2026-01-01T00:00:00' }, ['/3/time type']],
    ['no data', { ...EVENT, data: undefined, data_base64: 'AA==' }, ['/3/data_base64 data_content_type']],
    ['data that is not JSON', { ...EVENT, datacontenttype: 'text/xml' }, ['/3/datacontenttype data_content_type']],
    ['an extension with a bad name', { ...EVENT, my_ext: 1 }, ['/3/my_ext attribute_name']],
    ['an extension that is an object', { ...EVENT, ext: {} }, ['/3/ext type']],
  ])('refuses %s', (_what, json, expected) => {
    expect(errorsOf(json)).toEqual(expected);
  });

  it.each(['application/json', 'application/vnd.x+json; charset=utf-8'])('takes data of type %s', (datacontenttype) => {
    expect(readStructured({ ...EVENT, datacontenttype }).ok).toBe(true);
  });
});

describe('readBinary', () => {
  const HEADERS = { 'ce-specversion': '1.0', 'ce-id': 'a', 'ce-source': '/s', 'ce-type': 't', host: 'x' };

  it('takes attributes from headers, percent-decoded, and the body as it is', () => {
    expect(readBinary({ ...HEADERS, 'ce-id': 'caf%C3%A9' }, { x: 1 })).toEqual({
      ok: true,
      candidate: { data: { x: 1 }, attributes: { id: 'café', source: '/s', type: 't', extensions: {} } },
    });
  });

  it('names the header that is missing or broken', () => {
    const reading = readBinary({ ...HEADERS, 'ce-type': undefined, 'ce-id': '%zz' }, {});
    expect(reading.ok ? '' : reading.problem.detail).toBe(
      'the header ce-id is not percent-encoded correctly; the header ce-id is missing; the header ce-type is missing.',
    );
  });
});
