export {
  CelFailure,
  compileExpression,
  type CelCompileError,
  type CelCompileResult,
  type CelExpression,
  type CelValue,
} from './compile-expression.js';
