import { Notes, type Finding } from '../finding.js';
import { judgeClock } from '../judge-clock.js';
import type { Attempt } from '../attempt.js';
import type { RegistryFacts, SubjectFacts } from './registry-facts.js';

/** Levels under which readers of a new schema read what was written before. */
const KEEPS_READERS = /^(BACKWARD|FULL)/;

export function judgeRegistry(url: string, answer: Attempt<RegistryFacts>, wayOut: string): readonly Finding[] {
  const notes = new Notes('schema registry');
  if (!answer.ok) {
    const { kind, message } = answer.trouble;
    const wrong = {
      away: { message: `no answer: ${message}`, cure: wayOut },
      login: { message, cure: 'set SCHEMA_REGISTRY_URL=http://user:password@host:port to what the registry knows' },
      denied: {
        message,
        cure: 'grant the user of SCHEMA_REGISTRY_URL to read and write subjects, and to read /config',
      },
      odd: {
        message: `something answers, but not as a Confluent-compatible schema registry does: ${message}`,
        cure: 'set SCHEMA_REGISTRY_URL to the registry itself (Apicurio: with /apis/ccompat/v7)',
      },
    }[kind];
    notes.fail({ subject: url, ...wrong });
    return notes.findings;
  }
  const { subjects, clock } = answer.value;
  if (subjects === undefined) {
    notes.fail({
      subject: url,
      message: 'something answers, but not as a Confluent-compatible schema registry does',
      cure: 'set SCHEMA_REGISTRY_URL to the registry itself (Apicurio: with /apis/ccompat/v7)',
    });
    return notes.findings;
  }
  notes.ok(url, `answers, ${subjects.length} subjects`);
  const wrong = clock === null ? undefined : judgeClock('clock', clock);
  if (wrong !== undefined) notes.warn(wrong.complaint); // nothing of Eddyline's is measured by it
  return notes.findings;
}

/** A subject against the definition in force. Pure. */
export function judgeSubject(subject: string, answer: Attempt<SubjectFacts>, applyCommand: string, notes: Notes): void {
  if (!answer.ok) {
    notes.fail({
      subject,
      message: `it could not be read: ${answer.trouble.message}`,
      cure: "grant the user of SCHEMA_REGISTRY_URL to read and write the pipeline's subjects, and to read /config",
    });
    return;
  }
  const { spec, idInForce, latest, inForce, level } = answer.value;
  if (latest === undefined) {
    notes.fail({
      subject,
      message: `there is no such subject: producers find no schema, and a service that starts cannot read id ${idInForce}`,
      actual: 'missing',
      expected: `the ${spec.role} schema, id ${idInForce}`,
      cure: applyCommand,
    });
    return;
  }
  if (inForce === undefined) {
    notes.fail({
      subject,
      message: `the ${spec.role} schema in force is not among its versions`,
      actual: `latest is version ${latest.version}, id ${latest.id}`,
      expected: `id ${idInForce}`,
      cure: applyCommand,
    });
  } else if (inForce.id !== idInForce) {
    notes.fail({
      subject,
      message: 'values carry another id than the registry gives this schema now: was the registry made anew?',
      actual: `id ${inForce.id}`,
      expected: `id ${idInForce}`,
      cure: "restore the registry's _schemas topic; readers of older values ask it for the old ids",
    });
  } else if (latest.id !== inForce.id && spec.role === 'event') {
    notes.ok(
      subject,
      `version ${latest.version} (id ${latest.id}) is newer than the one in force (id ${inForce.id}), and compatible`,
    );
  } else if (latest.id !== inForce.id) {
    notes.warn({
      subject,
      message: 'somebody else registered a newer version, which Eddyline does not write',
      actual: `latest is version ${latest.version}, id ${latest.id}`,
      expected: `id ${inForce.id}`,
      cure: `find out who writes to this topic; only Eddyline should`,
    });
  }
  if (!KEEPS_READERS.test(level)) {
    notes.warn({
      subject,
      message: 'a schema may be registered by which older values cannot be read',
      actual: `compatibility ${level}`,
      expected: 'BACKWARD',
      cure: `curl -X PUT $SCHEMA_REGISTRY_URL/config/${subject} -H 'content-type: application/json' -d '{"compatibility":"BACKWARD"}'`,
    });
  }
  notes.orOk(subject, `version ${latest.version}, id ${latest.id}, ${level}`);
}
