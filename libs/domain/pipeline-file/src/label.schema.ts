import { z } from 'zod';
import { duration, name, scalar } from './shape-parts.js';

/** The shape of the section `label`: how labels come back. */
export const LABEL = z
  .strictObject({
    schema: name('Avro schema of a label, a path relative to this file.', 'label.avsc'),
    id: name("Field of the label with its event's id.", 'event_id').optional(),
    key: name("Field with its event's key, where labels know no id; together with `eventTime`.", 'region').optional(),
    eventTime: name("Field with its event's time, which must be the event's to the millisecond.", 'at').optional(),
    field: name('Field with the label itself: a number, a boolean, or a text of `classes`.', 'price_went_up'),
    classes: z
      .array(scalar)
      .min(2)
      .meta({
        description:
          'Values of a label that is no number: [negative, positive], or the classes in the order of the model.',
        examples: [['legitimate', 'fraud']],
      })
      .optional(),
    time: name(
      'Field with when the label became known. Default: the header `ce_time`, else when it was published.',
      'known_at',
    ).optional(),
    revision: name(
      'Field (int or long) by which a correction outranks what it corrects. Default: the time of the label.',
      'revision',
    ).optional(),
    within: duration(
      'How long after its event a label is expected, in event time: later ones are late, those without a prediction orphans.',
      '7d',
    ).default('7d'),
  })
  .meta({ description: 'Labels that come back: on the topic `<name>.labels`, or over HTTP.' });

export type LabelSection = z.output<typeof LABEL>;
