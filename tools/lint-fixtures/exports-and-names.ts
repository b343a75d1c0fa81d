// as libs/platform/outcomes/src/Odd_Name.ts ✗ eddyline/file-name
export * from './outcome.js'; // ✗ no-restricted-syntax
export enum Kind { // ✗ no-restricted-syntax
  Emit,
}
