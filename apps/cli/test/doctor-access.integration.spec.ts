import { eventually, uniqueName } from '#platform/testing';
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  Kafka,
  logLevel,
  ResourcePatternTypes,
  type Admin,
} from 'kafkajs';
import { join } from 'node:path';
import { eddyline, pipelineFolder, stackEnvironment, type Run } from './run-eddyline.js';
import { startSecuredBroker, type SecuredBroker } from './secured-broker.js';

interface Check {
  readonly part: string;
  readonly subject: string;
  readonly severity: string;
  readonly message: string;
  readonly cure?: string;
}

/** Kafka with passwords and ACLs; the other parts are the run's. */
describe('eddyline doctor, where Kafka asks who comes', () => {
  const name = uniqueName('guarded');
  let broker: SecuredBroker;
  let admin: Admin;
  let beforeAnything: Run;

  beforeAll(async () => {
    broker = await startSecuredBroker();
    admin = new Kafka({
      brokers: [broker.address],
      logLevel: logLevel.NOTHING,
      sasl: { mechanism: 'plain', username: broker.admin.user, password: broker.admin.password },
    }).admin();
    await eventually(() => admin.connect().then(() => admin.listTopics()), { everyMs: 500 });
    // The first transaction of a cluster has Kafka make a topic of its own, which takes it a moment.
    beforeAnything = await eventually(async () => {
      const run = await eddyline(['doctor', '--json'], {
        env: environmentOf(broker.admin.user, broker.admin.password),
      });
      expect(run.exitCode).toBe(0);
      return run;
    });
    const file = join(await pipelineFolder(name), 'pipeline.yaml');
    const applied = await eddyline(['apply', file], { env: environmentOf(broker.admin.user, broker.admin.password) });
    if (applied.exitCode !== 0) throw new Error(applied.stderr);
  });

  afterAll(async () => {
    await admin.disconnect();
    await broker.stop();
  });

  function environmentOf(user: string, password: string): Record<string, string> {
    return {
      ...stackEnvironment(),
      KAFKA_BROKERS: broker.address,
      KAFKA_SASL_MECHANISM: 'plain',
      KAFKA_SASL_USERNAME: user,
      KAFKA_SASL_PASSWORD: password,
    };
  }

  async function failuresOf(env: Record<string, string>): Promise<readonly Check[]> {
    const { stdout, stderr } = await eddyline(['doctor', '--json'], { env });
    if (stdout === '') throw new Error(stderr);
    const { checks } = JSON.parse(stdout) as { checks: readonly Check[] };
    return checks.filter(({ severity }) => severity === 'fail');
  }

  async function grant(
    resourceType: AclResourceTypes,
    resourceName: string,
    operations: readonly AclOperationTypes[],
  ): Promise<void> {
    await admin.createAcls({
      acl: operations.map((operation) => ({
        resourceType,
        resourceName,
        resourcePatternType: ResourcePatternTypes.PREFIXED,
        principal: `User:${broker.user.user}`,
        host: '*',
        operation,
        permissionType: AclPermissionTypes.ALLOW,
      })),
    });
  }

  it('says that nothing is in force', () => {
    const { checks } = JSON.parse(beforeAnything.stdout) as { checks: readonly Check[] };
    expect(checks.filter(({ severity }) => severity !== 'ok')).toMatchObject([
      { part: 'pipelines', severity: 'warn', cure: 'eddyline apply pipelines/<name>/pipeline.yaml' },
    ]);
    expect(beforeAnything.exitCode).toBe(0);
  });

  it('says that the password is wrong', async () => {
    const failures = await failuresOf(environmentOf(broker.user.user, 'another'));
    expect(failures).toMatchObject([
      {
        part: 'kafka',
        subject: broker.address,
        message: expect.stringContaining('the password of user worker is refused') as string,
        cure: expect.stringContaining('KAFKA_SASL_PASSWORD') as string,
      },
    ]);
  });

  it('asks whether a password is wanted where none was given', async () => {
    const failures = await failuresOf({ ...stackEnvironment(), KAFKA_BROKERS: broker.address });
    expect(failures).toMatchObject([{ part: 'kafka', message: expect.stringContaining('KAFKA_SASL_…') as string }]);
  });

  it('says which of the variables are needed together', async () => {
    const failures = await failuresOf({ ...stackEnvironment(), KAFKA_SASL_USERNAME: 'worker' });
    expect(failures).toMatchObject([{ message: expect.stringContaining('are needed together') as string }]);
  });

  it('names what a user may not do, and the command that grants it', async () => {
    const { Read, Describe, DescribeConfigs } = KafkaOperations;
    await grant(AclResourceTypes.TOPIC, 'eddyline.', [Read, Describe, DescribeConfigs]);
    await grant(AclResourceTypes.TOPIC, `${name}.events`, [Read, Describe, DescribeConfigs]);
    await grant(AclResourceTypes.GROUP, 'eddyline.', [Describe]);
    const failures = await eventually(async () => {
      const found = await failuresOf(environmentOf(broker.user.user, broker.user.password));
      // ACLs take a moment to be known.
      expect(found.map(({ subject }) => subject)).toContain(`${name}.events`);
      return found;
    });
    const bySubject = new Map(failures.map((check) => [check.subject, check]));
    const acls = `kafka-acls.sh --bootstrap-server ${broker.address} --add --allow-principal User:worker`;
    expect(bySubject.get(`${name}.events`)).toMatchObject({
      message: expect.stringContaining('user worker lacks the right to Write, AlterConfigs') as string,
      cure: `${acls} --operation Write --operation AlterConfigs --topic ${name}.events`,
    });
    expect(bySubject.get(`${name}.validated`)).toMatchObject({
      message: 'it may not even be looked at',
      cure: `${acls} --operation Describe --operation Read --operation Write --topic ${name}.validated`,
    });
    expect(bySubject.get(`validation of ${name}`)).toMatchObject({
      message: `the group eddyline.validation.${name} may not be used`,
      cure: `${acls} --operation Read --operation Describe --group eddyline. --resource-pattern-type prefixed`,
    });
    expect(bySubject.get('transactions')).toMatchObject({
      cure: `${acls} --operation Write --operation Describe --transactional-id eddyline. --resource-pattern-type prefixed`,
    });
  });

  it('finds nothing to forbid once that is granted', async () => {
    const { All } = KafkaOperations;
    await grant(AclResourceTypes.TOPIC, 'eddyline.', [All]);
    await grant(AclResourceTypes.TOPIC, name, [All]);
    await grant(AclResourceTypes.GROUP, 'eddyline.', [All]);
    await grant(AclResourceTypes.TRANSACTIONAL_ID, 'eddyline.', [All]);
    await eventually(async () => {
      expect(await failuresOf(environmentOf(broker.user.user, broker.user.password))).toEqual([]);
    });
  });
});

const KafkaOperations = {
  All: AclOperationTypes.ALL,
  Read: AclOperationTypes.READ,
  Describe: AclOperationTypes.DESCRIBE,
  DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
} as const;
