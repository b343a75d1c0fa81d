export { compileExpectations, type Expectations } from './compile-expectations.js';
export { OutlierReference, outlierReach } from './outlier-reference.js';
export type { CheckContext, Violation, Violations } from './violation.js';
