import type { PipelineDefinition } from '#contracts';
import { formatBytes } from '../../terminal/quantities.js';
import type { Attempt } from '../attempt.js';
import { Notes, type Finding } from '../finding.js';
import type { Champion } from '../read-control.js';
import type { StoreFacts } from './model-facts.js';

/** @param models whether any model is in service, which then has to be there */
export function judgeStore(uri: string, answer: Attempt<StoreFacts>, models: boolean): readonly Finding[] {
  const notes = new Notes('artifacts');
  if (!answer.ok) {
    notes.fail({
      subject: uri,
      message: `the store cannot be reached: ${answer.trouble.message}; a service that starts gets no model`,
      cure: 'mount it, or set EDDYLINE_ARTIFACTS to where it is',
    });
  } else if (!answer.value.exists && models) {
    notes.fail({
      subject: uri,
      message: 'there is no such directory: a service that starts gets no model',
      actual: 'missing',
      cure: 'mount it, or set EDDYLINE_ARTIFACTS to where it is',
    });
  } else if (!answer.value.exists) {
    notes.ok(uri, 'not there yet; the first model that is registered makes it');
    return notes.findings;
  } else if (!answer.value.writable) {
    notes.warn({
      subject: uri,
      message: 'the store cannot be written to from here: no model can be registered',
      cure: 'run as a user who may write there, or mount it for writing',
    });
  }
  notes.orOk(uri, 'reachable');
  return notes.findings;
}

/** A champion's file. Pure. */
export function judgeArtifact(pipeline: string, { version }: Champion, answer: Attempt<number>): readonly Finding[] {
  if (version === undefined) return []; // said of the model
  const notes = new Notes('artifacts', pipeline);
  const subject = `${pipeline} version ${version.version}`;
  if (!answer.ok) {
    notes.fail({
      subject,
      message: `${answer.trouble.message}: inference goes on with the model that it has loaded, and cannot start anew`,
      expected: `sha256 ${version.sha256.slice(0, 12)}…, ${formatBytes(version.sizeBytes)}`,
      cure:
        `put the file back at ${version.artifactUri}, or register the model again: ` +
        `eddyline models register ${pipeline} <model.onnx>`,
    });
  } else if (answer.value !== version.sizeBytes) {
    notes.warn({
      subject,
      message: 'the file is whole, but its registered size is another',
      actual: `${answer.value} bytes`,
      expected: `${version.sizeBytes} bytes`,
      cure: `eddyline models register ${pipeline} <model.onnx>`,
    });
  }
  notes.orOk(subject, `${formatBytes(version.sizeBytes)}, sha256 ${version.sha256.slice(0, 12)}`);
  return notes.findings;
}

/** The champion against the definition in force, by what inference asks before it scores. Pure. */
export function judgeChampion(
  { name, features, model }: Pick<PipelineDefinition, 'name' | 'features' | 'model'>,
  champion: Champion | undefined,
): readonly Finding[] {
  const notes = new Notes('pipelines', name);
  const subject = `champion of ${name}`;
  const register = `eddyline models register ${name} <model.onnx>`;
  if (champion === undefined) {
    notes.warn({ subject, message: 'none: valid events wait until there is one', actual: 'missing', cure: register });
    return notes.findings;
  }
  const { appointment, version } = champion;
  if (version === undefined) {
    notes.fail({
      subject,
      message: `version ${appointment.version} serves by name, and is not on the log: inference has no model`,
      cure: `eddyline models promote ${name} <another version>, or ${register}`,
    });
    return notes.findings;
  }
  const wanted = features.map((feature) => feature.name);
  const fits =
    version.features.length === wanted.length && version.features.every((feature, index) => feature === wanted[index]);
  if (!fits || version.task !== model.task) {
    notes.fail({
      subject,
      message: `version ${version.version} does not fit the definition in force: inference waits`,
      actual: fits ? version.task : version.features.join(', '),
      expected: fits ? model.task : wanted.join(', '),
      cure: `${register}, one that was made for it`,
    });
  }
  notes.orOk(subject, `version ${version.version} since ${appointment.since}, fits the definition in force`);
  return notes.findings;
}
