/**
 * Every colour of the page, as it is built into the stylesheet: four schemes, three palettes, twelve affects.
 *
 * Within a scheme all affects share one lightness per role, so that no tone looks louder than another. Hue never
 * stands alone: word and icon go with it. `palette.test.ts` checks every contrast.
 */

import { AFFECTS, type Affect } from '../contract/affects'
import { hex } from './colour'

export const SCHEMES = ['light', 'dark', 'contrast-light', 'contrast-dark'] as const
export type Scheme = (typeof SCHEMES)[number]

export const PALETTES = ['many', 'few', 'none'] as const
/** many: a hue for each affect; few: three families that colour-blind people tell apart; none: no colour at all. */
export type Palette = (typeof PALETTES)[number]

export interface Tint {
  /** Text and icon on `tint` and on the page. */
  ink: string
  tint: string
  /** Border; marks the panel's edge, so at least 3:1 to the page. */
  line: string
}

/** The page's own colours that tints stand on. */
export const PAGE: Record<Scheme, Record<'page' | 'card' | 'text' | 'muted' | 'accent' | 'on-accent', string>> = {
  light: { page: '#fbfaf7', card: '#ffffff', text: '#1e2226', muted: '#54585f', accent: '#2b568b', 'on-accent': '#ffffff' },
  dark: { page: '#121518', card: '#1a1e22', text: '#ecebe6', muted: '#adb1b7', accent: '#9dc7fe', 'on-accent': '#0d1f36' },
  'contrast-light': {
    page: '#ffffff',
    card: '#ffffff',
    text: '#000000',
    muted: '#26292d',
    accent: '#06326b',
    'on-accent': '#ffffff',
  },
  'contrast-dark': {
    page: '#000000',
    card: '#000000',
    text: '#ffffff',
    muted: '#e2e4e8',
    accent: '#b9d8ff',
    'on-accent': '#000000',
  },
}

interface Role {
  l: number
  c: number
}

const ROLES: Record<Scheme, Record<keyof Tint, Role>> = {
  light: { ink: { l: 0.41, c: 0.1 }, tint: { l: 0.955, c: 0.03 }, line: { l: 0.6, c: 0.12 } },
  dark: { ink: { l: 0.88, c: 0.08 }, tint: { l: 0.265, c: 0.045 }, line: { l: 0.67, c: 0.11 } },
  'contrast-light': { ink: { l: 0.32, c: 0.1 }, tint: { l: 0.97, c: 0.025 }, line: { l: 0.42, c: 0.13 } },
  'contrast-dark': { ink: { l: 0.93, c: 0.06 }, tint: { l: 0.2, c: 0.04 }, line: { l: 0.82, c: 0.1 } },
}

const HUES: Record<Affect, number | null> = {
  neutral: null,
  calm: 195,
  warm: 65,
  sad: 255,
  anxious: 300,
  frustrated: 28,
  surprised: 328,
  dismissive: 110,
  urgent: 45,
  confused: 280,
  apologetic: 222,
  genuine: 150,
}

/** Blue for pleasant, orange for tense; the low ones are greyish like neutral, and their lines stronger. */
const FAMILIES: Record<'plain' | 'pleasant' | 'tense' | 'low', { hue: number; chroma: number; stronger: number }> = {
  plain: { hue: 90, chroma: 0.03, stronger: 0 },
  pleasant: { hue: 250, chroma: 1, stronger: 0 },
  tense: { hue: 60, chroma: 1, stronger: 0 },
  low: { hue: 320, chroma: 0.35, stronger: 0.13 },
}

const FAMILY: Record<Affect, keyof typeof FAMILIES> = {
  neutral: 'plain',
  calm: 'pleasant',
  warm: 'pleasant',
  genuine: 'pleasant',
  anxious: 'tense',
  frustrated: 'tense',
  surprised: 'tense',
  urgent: 'tense',
  sad: 'low',
  dismissive: 'low',
  confused: 'low',
  apologetic: 'low',
}

/** `chroma` and `stronger` change the scheme's roles: a share of the colour, a step of a line away from the page. */
function familyOf(palette: Palette, affect: Affect): { hue: number; chroma: number; stronger: number } {
  if (palette === 'none') return FAMILIES.plain
  if (palette === 'few') return FAMILIES[FAMILY[affect]]
  const hue = HUES[affect]
  return hue === null ? FAMILIES.plain : { hue, chroma: 1, stronger: 0 }
}

/** The three colours of an affect. */
export function tintOf(scheme: Scheme, palette: Palette, affect: Affect): Tint {
  const { hue, chroma, stronger } = familyOf(palette, affect)
  const away = scheme.endsWith('dark') ? stronger : -stronger
  const colour = ({ l, c }: Role, step = 0): string => hex({ l: l + step, c: c * chroma, h: hue })
  const { ink, tint, line } = ROLES[scheme]
  return { ink: colour(ink), tint: colour(tint), line: colour(line, away) }
}

const properties = (colours: object): string =>
  Object.entries(colours)
    .map(([name, value]) => `--${name}:${value}`)
    .join(';')

function schemeCss(scheme: Scheme, root: string): string {
  const page = `${root}{color-scheme:${scheme.endsWith('dark') ? 'dark' : 'light'};${properties(PAGE[scheme])}}`
  const rules = PALETTES.flatMap(palette =>
    (palette === 'none' ? ['neutral' as const] : AFFECTS).map(affect => {
      const subject = palette === 'none' ? '[data-affect]' : `[data-affect=${affect}]`
      return `${root}[data-palette=${palette}] ${subject}{${properties(tintOf(scheme, palette, affect))}}`
    }),
  )
  return [page, ...rules].join('\n')
}

/** Custom properties for every scheme and palette, as CSS, so that the page computes no colour. */
export const paletteCss = (): string => SCHEMES.map(scheme => schemeCss(scheme, `:root[data-scheme=${scheme}]`)).join('\n')
