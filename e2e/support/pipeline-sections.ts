/**
 * A pipeline file with other sections: each of its top-level keys with all that is indented below it, replaced by the text
 * given, or left out (null). Sections that it does not have are added at its end.
 */
export function withSections(yaml: string, sections: Readonly<Record<string, string | null>>): string {
  return Object.entries(sections).reduce((text, [name, section]) => {
    const own = new RegExp(`^${name}:.*\\n(?:(?: .*|)\\n)*`, 'm');
    const replacement = section === null ? '' : `${name}: ${section}\n`;
    return own.test(text) ? text.replace(own, () => replacement) : `${text.trimEnd()}\n${replacement}`;
  }, yaml);
}

/** The pipeline alone: nothing is trained, nothing rolled out, nothing explained. */
export const NO_LOOP = { retrain: null, gates: null, rollout: null, explain: null } as const;
