export {
  CelFailure,
  compileExpression,
  compileOver,
  type CelCompileError,
  type CelCompileResult,
  type CelExpression,
  type CelSubject,
  type CelValue,
} from './compile-expression.js';
export { compilePredictionExpression } from './prediction-expression.js';
