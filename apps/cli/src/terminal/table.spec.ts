import { formatTable } from './table.js';

describe('formatTable', () => {
  it('aligns columns, groups thousands and shows what is not known as a dash', () => {
    const rows = [
      { topic: 'fraud.events', end: 1234567, by: null },
      { topic: 'x', end: 5, by: 'validation' },
    ];
    const lines = formatTable(
      [
        { title: 'TOPIC', value: (row) => row.topic },
        { title: 'END', value: (row) => row.end, align: 'right' },
        { title: 'READ BY', value: (row) => row.by },
      ],
      rows,
    );
    expect(lines).toEqual([
      'TOPIC               END  READ BY',
      'fraud.events  1,234,567  –',
      'x                     5  validation',
    ]);
  });
});
