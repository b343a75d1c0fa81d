import type { ModelTask, PipelineDefinition, RetrainDefinition } from '#contracts';
import { TRAINED_BY_DEFAULT } from '#domain/learn';

/** Of a pipeline that a person has a model trained for, and whose file does not say how. */
const DEFAULTS = {
  windowMs: null,
  minRows: 1_000,
  maxRows: 200_000,
  ...TRAINED_BY_DEFAULT,
} as const satisfies Partial<RetrainDefinition>;

const DEFAULT_METRIC: Readonly<Record<ModelTask, string>> = {
  'binary-classification': 'roc_auc',
  'multiclass-classification': 'log_loss',
  regression: 'rmse',
};

type Settings = Omit<RetrainDefinition, 'triggers' | 'coolDownMs'> & { readonly metric: string };

/** How models of a pipeline are trained, and by which metric they are judged. */
export function trainingSettingsOf({ retrain, gates, model }: PipelineDefinition): Settings {
  return { ...DEFAULTS, ...retrain, metric: gates?.metric ?? DEFAULT_METRIC[model.task] };
}
