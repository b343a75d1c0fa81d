import { TestEnvironment } from 'jest-environment-node';

/**
 * Jest runs each test in a realm of its own, and ONNX Runtime's native part makes typed arrays of the outer realm, which
 * its JavaScript part then takes for something else. Here both realms share them. Use it by
 * `@jest-environment ./libs/platform/onnx/test/native-arrays.environment.mjs` at the top of a test.
 */
export default class NativeArraysEnvironment extends TestEnvironment {
  constructor(...args) {
    super(...args);
    Object.assign(this.global, { Float32Array, Float64Array, Int32Array, BigInt64Array });
  }
}
