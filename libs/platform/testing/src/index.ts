export { eventually } from './eventually.js';
export { faultLine, recordFault, type FaultRecord, type FaultTotals } from './fault-report.js';
export { faultOptions, faultRounds, type FaultOptions } from './faults.config.js';
export { KafkaFaults, type KafkaApi } from './kafka-faults.js';
export { testClickHouse, testClickHouseAsAnalyst } from './test-clickhouse.js';
export { TcpGate } from './tcp-gate.js';
export { createTestTopic, testKafka } from './test-topic.js';
export { stack, type TestStack } from './testing.config.js';
export { uniqueName } from './unique-name.js';
