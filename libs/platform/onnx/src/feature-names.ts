import { MODEL_METADATA } from '#contracts';

/** Keys in which exporters leave feature names: ours, and those in common use by hand-written export scripts. */
const FEATURE_NAME_KEYS = [MODEL_METADATA.features, 'feature_names', 'features'];

/** The feature names that a file's `metadata_props` list (JSON array, or comma-separated), or null when they list none. */
export function featureNamesIn(metadata: Readonly<Record<string, string>>): readonly string[] | null {
  for (const key of FEATURE_NAME_KEYS) {
    const listed = metadata[key];
    if (listed !== undefined && listed.trim() !== '') return parseNames(listed);
  }
  return null;
}

function parseNames(listed: string): readonly string[] {
  if (listed.trimStart().startsWith('[')) {
    try {
      const names: unknown = JSON.parse(listed);
      if (Array.isArray(names)) return names.map(String);
    } catch {
      // Not JSON after all: a plain list.
    }
  }
  return listed.split(',').map((name) => name.trim());
}
