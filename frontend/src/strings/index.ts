/** The words in use: `t.status.ready`. In a template or a computed they change with the language. */

import { shallowRef } from 'vue'
import { en, type Strings } from './en'

export const LANGUAGES = ['en', 'de'] as const
export type Language = (typeof LANGUAGES)[number]

/** Each language is loaded when it is first spoken; English is always there. */
const OTHERS: Record<Exclude<Language, 'en'>, () => Promise<Strings>> = {
  de: () => import('./de').then(({ de }) => de),
}

const spoken = shallowRef(en)

export const t: Strings = new Proxy(en, { get: (_, name: keyof Strings) => spoken.value[name] })

let wanted: Language = 'en'

/** Resolves when the page speaks it. If it cannot be loaded, the page goes on in the language that it has. */
export async function speak(language: Language): Promise<void> {
  wanted = language
  const strings = language === 'en' ? en : await OTHERS[language]().catch(() => null)
  if (strings && wanted === language) spoken.value = strings
}

/** The first of the person's languages that the page speaks. */
export function languageOf(preferred: readonly string[]): Language {
  const known = preferred.map(tag => tag.slice(0, 2).toLowerCase())
  return LANGUAGES.find(language => language === known.find(tag => (LANGUAGES as readonly string[]).includes(tag))) ?? 'en'
}
