import { describe, expect, it } from 'vitest'
import { AFFECTS, ICONS } from '../contract/affects'
import { PAGE, PALETTES, SCHEMES, tintOf } from './palette'

/** #rrggbb → linear light, 0…1. */
const linear = (hex: string): [number, number, number] =>
  [1, 3, 5].map(at => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]

/** WCAG 2 relative luminance. */
function luminance(hex: string): number {
  const [r, g, b] = linear(hex)
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(one: string, other: string): number {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number]
  return (high + 0.05) / (low + 0.05)
}

/** Machado, Oliveira & Fernandes 2009, severity 1.0, in linear light. */
const BLINDNESS = {
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
}

/** Oklab of a colour as somebody sees it; distances in it are about alike wherever they lie. */
function seen(hex: string, by: keyof typeof BLINDNESS): [number, number, number] {
  const light = linear(hex)
  const [r, g, b] = BLINDNESS[by].map(row =>
    Math.max(
      0,
      row.reduce((sum, weight, at) => sum + weight * (light[at] ?? 0), 0),
    ),
  ) as [number, number, number]
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ]
}

const distance = (one: number[], other: number[]): number => Math.hypot(...one.map((value, at) => value - (other[at] ?? 0)))

it('knows black on white', () => expect(contrast('#000000', '#ffffff')).toBeCloseTo(21))

describe.each(SCHEMES)('%s', scheme => {
  const page = PAGE[scheme]
  const least = scheme.startsWith('contrast') ? 7 : 4.5
  const grounds = [page.card, page.page]

  it.each(PALETTES.flatMap(palette => AFFECTS.map(affect => [palette, affect] as const)))(
    '%s, %s: text and edges stand out',
    (palette, affect) => {
      const { ink, tint, line } = tintOf(scheme, palette, affect)
      for (const ground of [tint, ...grounds]) expect(contrast(ink, ground)).toBeGreaterThanOrEqual(least)
      for (const text of [page.text, page.muted]) expect(contrast(text, tint)).toBeGreaterThanOrEqual(least)
      for (const ground of [tint, ...grounds]) expect(contrast(line, ground)).toBeGreaterThanOrEqual(3)
    },
  )

  it('the page’s own text stands out', () => {
    for (const ground of grounds) {
      for (const text of [page.text, page.muted, page.accent]) expect(contrast(text, ground)).toBeGreaterThanOrEqual(least)
    }
    expect(contrast(page['on-accent'], page.accent)).toBeGreaterThanOrEqual(least)
  })

  it.each(['protanopia', 'deuteranopia', 'tritanopia'] as const)('few: families stay apart with %s', blindness => {
    const families = (['neutral', 'warm', 'frustrated', 'sad'] as const).map(affect =>
      seen(tintOf(scheme, 'few', affect).line, blindness),
    )
    families.forEach((one, at) => {
      for (const other of families.slice(at + 1)) expect(distance(one, other)).toBeGreaterThan(0.04)
    })
  })
})

it('no two affects share an icon, because colour must not be what tells them apart', () => {
  expect(new Set(AFFECTS.map(affect => ICONS[affect])).size).toBe(AFFECTS.length)
})
