export { adwin, type AdwinOptions, type AdwinState } from './adwin.js';
export type { Change, Detector, Step } from './detector.js';
export { pageHinkley, type PageHinkleyOptions, type PageHinkleyState } from './page-hinkley.js';
