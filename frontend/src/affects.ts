/**
 * The twelve affects: word, icon and colours, in one table.
 *
 * All share one lightness per role (OKLCH), so that no tone looks louder than another; hue alone differs, and
 * never stands alone: word and icon go with it. `affects.test.ts` checks every contrast.
 */

export const AFFECTS = [
  'neutral',
  'calm',
  'warm',
  'sad',
  'anxious',
  'frustrated',
  'surprised',
  'dismissive',
  'urgent',
  'confused',
  'apologetic',
  'genuine',
] as const

export type Affect = (typeof AFFECTS)[number]

export interface Tint {
  /** Text and icon on `tint` and on the page. */
  ink: string
  tint: string
  /** Border; marks the panel's edge, so at least 3:1 to the page. */
  line: string
}

export interface AffectLook {
  /** UnoCSS icon class. */
  icon: string
  light: Tint
  dark: Tint
}

/** The page's own colours that tints stand on. */
export const PAGE = {
  light: { page: '#fbfaf7', card: '#ffffff', text: '#1e2226', muted: '#54585f', accent: '#2b568b', onAccent: '#ffffff' },
  dark: { page: '#121518', card: '#1a1e22', text: '#ecebe6', muted: '#adb1b7', accent: '#9dc7fe', onAccent: '#0d1f36' },
} as const

export const LOOKS: Record<Affect, AffectLook> = {
  neutral: {
    icon: 'i-lucide-minus',
    light: { ink: '#4d4a43', tint: '#f1f0ed', line: '#848076' },
    dark: { ink: '#dad7d1', tint: '#282825', line: '#959289' },
  },
  calm: {
    icon: 'i-lucide-waves',
    light: { ink: '#005a5b', tint: '#d9f7f7', line: '#008c8d' },
    dark: { ink: '#9be8e7', tint: '#0a2e2e', line: '#12a7a7' },
  },
  warm: {
    icon: 'i-lucide-sun',
    light: { ink: '#6e3c00', tint: '#ffecda', line: '#b26e1b' },
    dark: { ink: '#fbcea4', tint: '#352311', line: '#c08343' },
  },
  sad: {
    icon: 'i-lucide-cloud-rain',
    light: { ink: '#204b7f', tint: '#e2f2ff', line: '#4982c9' },
    dark: { ink: '#b7dbff', tint: '#1a283b', line: '#6295d4' },
  },
  anxious: {
    icon: 'i-lucide-wind',
    light: { ink: '#533c78', tint: '#f3ecff', line: '#8c6dbf' },
    dark: { ink: '#dfcdff', tint: '#2b2338', line: '#9d82cc' },
  },
  frustrated: {
    icon: 'i-lucide-flame',
    light: { ink: '#77312a', tint: '#ffe9e4', line: '#bf6055' },
    dark: { ink: '#ffc5bc', tint: '#39201d', line: '#cd776c' },
  },
  surprised: {
    icon: 'i-lucide-sparkles',
    light: { ink: '#683464', tint: '#fde9fb', line: '#a963a3' },
    dark: { ink: '#f5c6ef', tint: '#332031', line: '#b879b2' },
  },
  dismissive: {
    icon: 'i-lucide-hand',
    light: { ink: '#4e4e00', tint: '#f1f2da', line: '#7d7e10' },
    dark: { ink: '#dadca3', tint: '#292911', line: '#969841' },
  },
  urgent: {
    icon: 'i-lucide-timer',
    light: { ink: '#753515', tint: '#ffeadf', line: '#bc653b' },
    dark: { ink: '#ffc9af', tint: '#382117', line: '#ca7b57' },
  },
  confused: {
    icon: 'i-lucide-circle-question-mark',
    light: { ink: '#41427f', tint: '#ebeeff', line: '#7276c9' },
    dark: { ink: '#cdd3ff', tint: '#24253b', line: '#858ad4' },
  },
  apologetic: {
    icon: 'i-lucide-heart-handshake',
    light: { ink: '#005473', tint: '#daf5ff', line: '#0087af' },
    dark: { ink: '#a1e3fd', tint: '#0e2c36', line: '#32a0c5' },
  },
  genuine: {
    icon: 'i-lucide-heart',
    light: { ink: '#15592b', tint: '#e2f7e5', line: '#3f9557' },
    dark: { ink: '#b5e6be', tint: '#192d1d', line: '#5da56e' },
  },
}

export function isAffect(value: unknown): value is Affect {
  return typeof value === 'string' && (AFFECTS as readonly string[]).includes(value)
}

/** Custom properties for both colour schemes, as CSS; built into the stylesheet, so the page computes no colour. */
export function affectsCss(): string {
  const rules = (scheme: 'light' | 'dark'): string =>
    AFFECTS.map(affect => {
      const { ink, tint, line } = LOOKS[affect][scheme]
      return `[data-affect=${affect}]{--ink:${ink};--tint:${tint};--line:${line}}`
    }).join('\n')
  const page = (scheme: 'light' | 'dark'): string => {
    const colours = PAGE[scheme]
    return `:root{--page:${colours.page};--card:${colours.card};--text:${colours.text};--muted:${colours.muted};--accent:${colours.accent};--on-accent:${colours.onAccent}}`
  }
  return `${page('light')}\n${rules('light')}\n@media (prefers-color-scheme: dark){\n${page('dark')}\n${rules('dark')}\n}`
}
