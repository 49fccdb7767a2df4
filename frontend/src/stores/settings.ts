import {
  useLocalStorage,
  usePreferredContrast,
  usePreferredDark,
  usePreferredLanguages,
  usePreferredReducedMotion,
} from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, watch } from 'vue'
import { CUES, type Cue } from './cues'
import { SPOKEN_LANGUAGES } from '../contract/languages'
import { PALETTES, SCHEMES, type Scheme } from '../look/palette'
import { LANGUAGES, languageOf, speak, type Language } from '../strings'

export const THEMES = ['system', ...SCHEMES] as const
export const DENSITIES = ['roomy', 'compact'] as const
export const MOTIONS = ['system', 'none'] as const

/** Percent of the browser's own text size. */
export const TEXT_SIZES = [100, 125, 150, 175, 200] as const

/** Percent of the page's text size. */
export const CAPTION_SIZES = [100, 125, 150, 175, 200, 250, 300] as const
export const CAPTION_LAYOUTS = ['words-first', 'tone-first', 'words-only'] as const

export const DEFAULTS = {
  theme: 'system' as (typeof THEMES)[number],
  palette: 'many' as (typeof PALETTES)[number],
  density: 'roomy' as (typeof DENSITIES)[number],
  motion: 'system' as (typeof MOTIONS)[number],
  textSize: 100 as (typeof TEXT_SIZES)[number],
  language: 'system' as 'system' | Language,
  elcor: false,
  facts: false,
  /** null: nobody has chosen, so captions are there where the server offers them. */
  captions: null as boolean | null,
  /** What is spoken, for the captions; `auto` or a code. */
  spoken: 'auto',
  captionSize: 100 as (typeof CAPTION_SIZES)[number],
  captionLayout: 'words-first' as (typeof CAPTION_LAYOUTS)[number],
  cues: ['affect', 'subtext', 'confidence', 'shift', 'prosody', 'speaker', 'history'] as Cue[],
}
export type Settings = typeof DEFAULTS

const ALLOWED: { [name in keyof Settings]: (value: unknown) => boolean } = {
  theme: oneOf(THEMES),
  palette: oneOf(PALETTES),
  density: oneOf(DENSITIES),
  motion: oneOf(MOTIONS),
  textSize: oneOf(TEXT_SIZES),
  language: oneOf(['system', ...LANGUAGES]),
  elcor: value => typeof value === 'boolean',
  facts: value => typeof value === 'boolean',
  captions: value => value === null || typeof value === 'boolean',
  spoken: oneOf(SPOKEN_LANGUAGES),
  captionSize: oneOf(CAPTION_SIZES),
  captionLayout: oneOf(CAPTION_LAYOUTS),
  cues: value => Array.isArray(value) && value.every(oneOf(CUES)),
}

function oneOf(values: readonly unknown[]): (value: unknown) => boolean {
  return value => values.includes(value)
}

/** What another version, or a person, left in the browser counts only as far as this page knows it. */
export function readSettings(kept: unknown): Settings {
  const found = typeof kept === 'object' && kept !== null ? (kept as Record<string, unknown>) : {}
  const known = Object.entries(found).filter(([name, value]) => name in ALLOWED && ALLOWED[name as keyof Settings](value))
  return { ...DEFAULTS, ...Object.fromEntries(known) }
}

const serializer = {
  read(text: string): Settings {
    try {
      return readSettings(JSON.parse(text))
    } catch {
      return readSettings(null)
    }
  },
  write: (settings: Settings): string => JSON.stringify(settings),
}

/** How this person wants the page. Kept in this browser only. */
export const useSettings = defineStore('settings', () => {
  const kept = useLocalStorage<Settings>('linnet-settings', { ...DEFAULTS }, { serializer })
  const dark = usePreferredDark()
  const contrast = usePreferredContrast()
  const motion = usePreferredReducedMotion()
  const languages = usePreferredLanguages()

  const scheme = computed<Scheme>(() => {
    if (kept.value.theme !== 'system') return kept.value.theme
    const shade = dark.value ? 'dark' : 'light'
    return contrast.value === 'more' ? `contrast-${shade}` : shade
  })
  const language = computed<Language>(() =>
    kept.value.language === 'system' ? languageOf(languages.value) : kept.value.language,
  )
  const still = computed(() => kept.value.motion === 'none' || motion.value === 'reduce')

  /** Resolves when the page speaks the language for the first time. */
  function apply(root: HTMLElement): Promise<void> {
    watch(
      [scheme, still, kept],
      () => {
        Object.assign(root.dataset, {
          scheme: scheme.value,
          palette: kept.value.palette,
          density: kept.value.density,
          motion: still.value ? 'none' : 'some',
        })
        root.style.fontSize = `${kept.value.textSize}%`
      },
      { immediate: true, deep: true },
    )
    return new Promise(resolve => {
      watch(
        language,
        async chosen => {
          await speak(chosen)
          root.lang = chosen
          resolve()
        },
        { immediate: true },
      )
    })
  }

  const shows = (cue: Cue): boolean => kept.value.cues.includes(cue)

  function show(cue: Cue, shown: boolean): void {
    kept.value.cues = CUES.filter(one => (one === cue ? shown : shows(one)))
  }

  function reset(): void {
    kept.value = { ...DEFAULTS }
  }

  return { kept, scheme, language, still, apply, shows, show, reset }
})
