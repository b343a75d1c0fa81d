export { compileSwitches, type SwitchedOff } from './compile-switches.js';
export { compileToggle } from './compile-toggle.js';
export { compileThreshold } from './compile-threshold.js';
