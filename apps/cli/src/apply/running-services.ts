import { consumerGroupOf } from '#contracts';
import type { Admin } from 'kafkajs';

const CONSUMING = ['validation', 'inference', 'feedback', 'monitoring', 'explanation'] as const;

/** Services that consume a pipeline's topics right now, told by the members of their consumer groups. */
export async function servicesRunning(admin: Admin, pipeline: string): Promise<readonly string[]> {
  const { groups } = await admin.describeGroups(CONSUMING.map((service) => consumerGroupOf(service, pipeline)));
  return CONSUMING.filter((service) => {
    const group = groups.find(({ groupId }) => groupId === consumerGroupOf(service, pipeline));
    return group !== undefined && group.members.length > 0;
  });
}
