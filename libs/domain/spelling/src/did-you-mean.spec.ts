import { didYouMean } from './did-you-mean.js';

describe('didYouMean', () => {
  const names = ['nsw_price', 'nsw_demand', 'region'];

  it('names the nearest', () => {
    expect(didYouMean('nsw_pric', names)).toBe('; did you mean "nsw_price"?');
    expect(didYouMean('nsw_demnad', names)).toBe('; did you mean "nsw_demand"?');
  });

  it('takes letters of the other case for the same', () => {
    expect(didYouMean('REGION', names)).toBe('; did you mean "region"?');
  });

  it('says nothing when more than a third of the letters are others', () => {
    expect(didYouMean('transfer', names)).toBe('');
    expect(didYouMean('regoin', names)).toBe('; did you mean "region"?');
    expect(didYouMean('regent', names)).toBe('');
  });

  it('allows one wrong letter in the shortest words', () => {
    expect(didYouMean('q', ['p'])).toBe('; did you mean "p"?');
    expect(didYouMean('q', ['pr'])).toBe('');
  });

  it('prefers the first of two that are as near', () => {
    expect(didYouMean('ab', ['ax', 'ay'])).toBe('; did you mean "ax"?');
  });
});
