import { alertReceivers } from './receiver-settings.js';

function problemsOf(given: unknown): readonly string[] {
  const parsed = alertReceivers().safeParse(typeof given === 'string' ? given : JSON.stringify(given));
  return parsed.success ? [] : parsed.error.issues.map(({ message }) => message);
}

describe('receivers in the configuration', () => {
  it('are read with what is left out filled in', () => {
    const given = {
      'on-call': { kind: 'slack', url: 'https://hooks.example/T0/B0/x', minSeverity: 'warning', repeat: '4h' },
      am: { kind: 'alertmanager', url: 'http://us%20er:pa%3Ass@am.example:9093' },
    };
    expect(alertReceivers().parse(JSON.stringify(given))).toEqual(
      new Map([
        [
          'on-call',
          {
            name: 'on-call',
            kind: 'slack',
            url: 'https://hooks.example/T0/B0/x',
            minSeverity: 'warning',
            headers: {},
            repeatMs: 14_400_000,
            timeoutMs: 10_000,
          },
        ],
        [
          'am',
          {
            name: 'am',
            kind: 'alertmanager',
            url: 'http://am.example:9093/',
            minSeverity: 'info',
            headers: { authorization: `Basic ${Buffer.from('us er:pa:ss').toString('base64')}` },
            repeatMs: 60_000,
            timeoutMs: 10_000,
          },
        ],
      ]),
    );
  });

  it('are refused with all that is wrong, and nothing of what may be secret', () => {
    const problems = problemsOf({
      'On Call': { kind: 'slack', url: 'https://hooks.example' },
      a: { kind: 'pager', url: 'file:///etc/SECRET', minSeverity: 'bad' },
      b: { kind: 'webhook', url: 'https://x.example', headers: { 'content-type': 'SECRET', 'x y': 'SECRET', z: 1 } },
      c: { kind: 'webhook', repeat: 'often', colour: 'SECRET' },
      d: 7,
    });
    expect(problems).toEqual(
      expect.arrayContaining([
        'On Call: cannot be the name of a receiver (a-z, 0-9, - and _)',
        'a.kind: is not one of webhook, slack, alertmanager',
        'a.url: is not an http(s) address',
        'a.minSeverity: is not info, warning or critical',
        'b.headers.z: must be text',
        'c.url: must be an http(s) address',
        'c.repeat: is not a duration such as 4h',
        expect.stringMatching(/^c: .*colour/),
        expect.stringMatching(/^d: /),
      ]),
    );
    expect(problems.join()).not.toContain('SECRET');
    const headers = { 'content-type': 'SECRET', 'x y': 'SECRET', ok: 'a\nb' };
    expect(problemsOf({ b: { kind: 'webhook', url: 'https://x.example', headers } })).toEqual([
      'b.headers.content-type: is set by the request itself',
      'b.headers.x y: cannot be an HTTP header',
      'b.headers.ok: cannot be an HTTP header',
    ]);
  });

  it.each(['', '{', '[]', 'null', '"x"'])('are refused as %j', (text) => {
    expect(problemsOf(text)).toHaveLength(1);
  });
});
