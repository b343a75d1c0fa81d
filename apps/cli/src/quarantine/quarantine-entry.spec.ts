import { aQuarantined, aRecord } from '../../test/quarantine-builders.js';
import { toQuarantineEntry } from './quarantine-entry.js';

describe('toQuarantineEntry', () => {
  it('reads where a record came from and why it was set aside', () => {
    expect(toQuarantineEntry(2, aQuarantined(17))).toMatchObject({
      id: '2-17',
      stage: 'validation',
      reason: 'range',
      attempt: 1,
      quarantinedAtMs: Date.UTC(2026, 0, 1),
      origin: { topic: 'fraud.events', partition: 2, offset: 1_017, timestampMs: 900 },
    });
  });

  it('survives a record that somebody else put there', () => {
    expect(toQuarantineEntry(0, aRecord(3))).toMatchObject({
      reason: 'unknown',
      origin: { topic: 'unknown', partition: -1 },
    });
  });
});
