import { TestEnvironment } from 'jest-environment-node';

/**
 * Jest runs each test in a realm of its own, and ONNX Runtime's native part makes typed arrays of the outer realm, which
 * its JavaScript part then takes for something else. Here both realms share those that a tensor may
 * hold; jest.config.mjs runs every test in it.
 */
export default class NativeArraysEnvironment extends TestEnvironment {
  constructor(...args) {
    super(...args);
    Object.assign(this.global, { Float32Array, Float64Array, Int32Array, BigInt64Array });
  }
}
