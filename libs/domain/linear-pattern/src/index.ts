export { compilePattern, type Pattern, type PatternResult } from './compile-pattern.js';
