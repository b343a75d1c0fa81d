import { Environment } from '@marcbachmann/cel-js';
import type { AvroRecordSchema } from '#contracts';
import { celTypesOf, EventView } from './event-view.js';

/** Receiver of the functions of CEL's math extension: `math.abs(event.x)`. */
class MathFunctions {
  readonly pi = Math.PI;
}

const UNARY: Readonly<Record<string, (x: number) => number>> = {
  abs: Math.abs,
  ceil: Math.ceil,
  floor: Math.floor,
  round: Math.round,
  sign: Math.sign,
  sqrt: Math.sqrt,
  exp: Math.exp,
  ln: Math.log,
  log10: Math.log10,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
};

const BINARY: Readonly<Record<string, (x: number, y: number) => number>> = {
  pow: Math.pow,
  least: Math.min,
  greatest: Math.max,
};

const ARITHMETIC: Readonly<Record<string, (x: number, y: number) => number>> = {
  '+': (x, y) => x + y,
  '-': (x, y) => x - y,
  '*': (x, y) => x * y,
  '/': (x, y) => x / y,
  '%': (x, y) => x % y,
};

type CelNumber = number | bigint;

/** CEL's standard library with the math extension, numbers that mix freely, and the variable typed by the schema. */
export function environmentFor(schema: AvroRecordSchema, variable: 'event' | 'prediction'): Environment {
  return withMath(withNumbers(new Environment()))
    .registerType('Event', { ctor: EventView, fields: celTypesOf(schema) })
    .registerVariable(variable, 'Event');
}

/**
 * CEL has no arithmetic between int and double, and literals without a point are ints. Since every number of an event is
 * a double, `event.x * 2` would be refused: here an int beside a double is taken as a double. int with int stays CEL's own
 * (so `7 / 2` is 3).
 */
function withNumbers(environment: Environment): Environment {
  for (const [operator, apply] of Object.entries(ARITHMETIC)) {
    environment.registerOperator(`double ${operator} int: double`, (x: number, y: bigint) => apply(x, Number(y)));
    environment.registerOperator(`int ${operator} double: double`, (x: bigint, y: number) => apply(Number(x), y));
  }
  environment.registerOperator('double % double: double', (x: number, y: number) => x % y);
  environment.registerOperator('double == int: bool', (x: number, y: bigint) => x === Number(y));
  environment.registerOperator('double in list<int>: bool', (x: number, list: Iterable<bigint>) => {
    for (const item of list) if (x === Number(item)) return true;
    return false;
  });
  return environment;
}

function withMath(environment: Environment): Environment {
  environment.registerType('Math', { ctor: MathFunctions, fields: { pi: 'double' } });
  environment.registerConstant('math', 'Math', new MathFunctions());
  for (const [name, apply] of Object.entries(UNARY)) {
    for (const type of ['double', 'int']) {
      environment.registerFunction(`Math.${name}(${type}): double`, (_: MathFunctions, x: CelNumber) =>
        apply(Number(x)),
      );
    }
  }
  for (const [name, apply] of Object.entries(BINARY)) {
    for (const [left, right] of [
      ['double', 'double'],
      ['double', 'int'],
      ['int', 'double'],
      ['int', 'int'],
    ]) {
      environment.registerFunction(
        `Math.${name}(${left}, ${right}): double`,
        (_: MathFunctions, x: CelNumber, y: CelNumber) => apply(Number(x), Number(y)),
      );
    }
  }
  return environment;
}
