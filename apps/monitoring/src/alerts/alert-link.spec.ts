import type { AlertRecord } from '#contracts';
import { alertLinkOf, alertLinkTemplate } from './alert-link.js';

const ALERT = { pipeline: 'grid-1', monitor: 'drift', subject: 'a b&c', window_start: 5, window_end: 9 } as AlertRecord;

describe('the link of an alert', () => {
  it('says of what, and when', () => {
    const template = alertLinkTemplate().parse(
      'https://g.example/d/x?var-pipeline={database}&s={subject}&from={from}&to={to}',
    );
    expect(alertLinkOf(template, ALERT)).toBe('https://g.example/d/x?var-pipeline=grid_1&s=a%20b%26c&from=5&to=9');
  });

  it('is none where none is configured', () => {
    expect(alertLinkOf(undefined, ALERT)).toBeNull();
  });

  it.each([
    [
      'https://g.example/{window}',
      ['has {window}, which is none of id, pipeline, database, monitor, metric, subject, slice, from, to'],
    ],
    ['javascript:alert(1)', ['is not an http(s) address']],
    ['{pipeline}', ['is not an http(s) address']],
  ])('is refused as %s', (text, problems) => {
    expect(
      alertLinkTemplate()
        .safeParse(text)
        .error?.issues.map(({ message }) => message),
    ).toEqual(problems);
  });
});
