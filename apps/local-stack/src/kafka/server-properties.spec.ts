import { serverProperties } from './server-properties.js';

const CLUSTER = [
  { port: 9092, controllerPort: 9093 },
  { port: 9094, controllerPort: 9095 },
  { port: 9096, controllerPort: 9097 },
];

function settingsOf(nodeId: number, brokerCount: number): Record<string, string> {
  const text = serverProperties({ nodeId, dataDir: '/state/kafka/data', cluster: CLUSTER.slice(0, brokerCount) });
  return Object.fromEntries(
    text
      .trimEnd()
      .split('\n')
      .map((line) => line.split('=', 2) as [string, string]),
  );
}

describe('serverProperties', () => {
  it('lets a single broker vote for itself, and asks nobody for a copy', () => {
    const settings = settingsOf(1, 1);
    expect(settings).toMatchObject({
      'node.id': '1',
      'controller.quorum.voters': '1@127.0.0.1:9093',
      listeners: 'PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093',
      'offsets.topic.replication.factor': '1',
      'transaction.state.log.replication.factor': '1',
      'transaction.state.log.min.isr': '1',
    });
    expect(settings).not.toHaveProperty(['default.replication.factor']);
    expect(settings).not.toHaveProperty(['min.insync.replicas']);
  });

  it('gives each of three brokers its own ports, all votes, and three copies of which two must acknowledge', () => {
    expect(settingsOf(2, 3)).toMatchObject({
      'node.id': '2',
      'controller.quorum.voters': '1@127.0.0.1:9093,2@127.0.0.1:9095,3@127.0.0.1:9097',
      listeners: 'PLAINTEXT://127.0.0.1:9094,CONTROLLER://127.0.0.1:9095',
      'default.replication.factor': '3',
      'min.insync.replicas': '2',
      'offsets.topic.replication.factor': '3',
      'transaction.state.log.replication.factor': '3',
      'transaction.state.log.min.isr': '2',
    });
  });

  it('makes no copies on two brokers: with one of them away there would be nobody to acknowledge', () => {
    expect(settingsOf(1, 2)).toMatchObject({
      'offsets.topic.replication.factor': '1',
      'transaction.state.log.min.isr': '1',
    });
  });
});
