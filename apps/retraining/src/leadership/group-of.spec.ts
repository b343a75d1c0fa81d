import { groupOf } from './group-of.js';

describe('groupOf', () => {
  it('is one group for those that look after every pipeline', () => {
    expect(groupOf('retraining', 'all')).toBe('eddyline.retraining');
  });

  it('is another for those that look after some, in whatever order they are named', () => {
    expect(groupOf('retraining', ['b', 'a'])).toBe('eddyline.retraining.a+b');
    expect(groupOf('retraining', ['a', 'b'])).toBe('eddyline.retraining.a+b');
  });
});
