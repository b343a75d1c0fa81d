import { addDropped, decodeOffsetMetadata, encodeOffsetMetadata, NO_METADATA } from './offset-metadata.js';

describe('offset metadata', () => {
  it('comes back as it was written', () => {
    const metadata = { checkpoint: { watermarkMs: 5 }, dropped: { duplicate: 3 }, pending: [10, 20] } as const;
    expect(decodeOffsetMetadata(encodeOffsetMetadata(metadata))).toEqual(metadata);
  });

  it.each([
    null,
    '',
    'event-id-3',
    '{"v":2,"pending":[1,2]}',
    '{"v":1,',
    '{"v":1,"pending":"ten"}',
    '{"v":1,"dropped":[1]}',
  ])('takes %p, which is not ours, for none', (text) => {
    expect(decodeOffsetMetadata(text)).toEqual(NO_METADATA);
  });

  it('refuses a checkpoint that the broker would refuse', () => {
    const metadata = { ...NO_METADATA, checkpoint: 'x'.repeat(5_000) };
    expect(() => encodeOffsetMetadata(metadata)).toThrow('does not fit into offset metadata (4096)');
  });

  it('adds up what was dropped by reason', () => {
    expect(
      addDropped(
        { duplicate: 2 },
        new Map([
          ['duplicate', 1],
          ['zero', 4],
        ]),
      ),
    ).toEqual({ duplicate: 3, zero: 4 });
  });
});
