import { describeValue } from './describe-value.js';
import type { OutlierExpectation } from './outlier-reference.js';
import type { Check } from './violation.js';

/** @param index the expectation's place among the outlier expectations */
export function compileOutlierCheck({ name, on, field, threshold, minRows }: OutlierExpectation, index: number): Check {
  return {
    name,
    on,
    violates(event, { outliers }) {
      if (outliers === null) return false;
      const value = event[field];
      const window = outliers.window(index);
      return typeof value === 'number' && window.size >= minRows && window.distance(value) > threshold;
    },
    describe(event, { outliers }) {
      const value = event[field];
      const window = outliers!.window(index);
      const distance = window.distance(value as number);
      const away = `${distance.toPrecision(3)} robust standard deviations from ${describeValue(window.median())}`;
      const sentence = `${field} is ${describeValue(value)}, ${away}, the median of the last ${window.size} values; accepted are ${threshold}`;
      return { reason: 'outlier', sentence };
    },
  };
}
