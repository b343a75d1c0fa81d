import { ClickHouseError } from '@clickhouse/client';
import { Retriable } from '#platform/outcomes';
import { classifyClickHouseError, ClickHouseRefused } from './clickhouse-errors.js';

function answered(code: string, message: string): ClickHouseError {
  return new ClickHouseError({ code, message, type: 'X' });
}

describe('what a failed statement means', () => {
  it.each([
    ['its reservation', answered('243', 'Cannot reserve 1.00 MiB, not enough space')],
    ['a file', answered('75', 'Cannot write to file /x, errno: 28, strerror: No space left on device')],
    ['a folder', answered('1001', 'std::filesystem: cannot create directories: No space left on device')],
  ])('a full disk is waited out, wherever it was met: %s', (_where, error) => {
    expect(classifyClickHouseError(error, 'inserting')).toBeInstanceOf(Retriable);
  });

  it('a failure to write that has another reason is not weather', () => {
    const meaning = classifyClickHouseError(answered('75', 'Cannot write to file /x, errno: 5'), 'inserting');
    expect(meaning).toBeInstanceOf(ClickHouseRefused);
    expect(meaning.message).not.toContain('/x');
  });
});
