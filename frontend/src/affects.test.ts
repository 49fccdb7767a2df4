import { describe, expect, it } from 'vitest'
import { AFFECTS, LOOKS, PAGE } from './affects'

/** WCAG 2 relative luminance of #rrggbb. */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map(at => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(one: string, other: string): number {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number]
  return (high + 0.05) / (low + 0.05)
}

const schemes = ['light', 'dark'] as const

describe.each(schemes)('colours, %s', scheme => {
  const page = PAGE[scheme]

  it('knows black on white', () => expect(contrast('#000000', '#ffffff')).toBeCloseTo(21))

  it.each(AFFECTS)('%s: text ≥ 4.5 on its tint, the card and the page; border ≥ 3', affect => {
    const { ink, tint, line } = LOOKS[affect][scheme]
    for (const ground of [tint, page.card, page.page]) expect(contrast(ink, ground)).toBeGreaterThanOrEqual(4.5)
    expect(contrast(page.text, tint)).toBeGreaterThanOrEqual(4.5)
    expect(contrast(page.muted, tint)).toBeGreaterThanOrEqual(4.5)
    for (const ground of [tint, page.card, page.page]) expect(contrast(line, ground)).toBeGreaterThanOrEqual(3)
  })

  it('page: text, muted text and accent ≥ 4.5', () => {
    for (const ground of [page.card, page.page]) {
      for (const ink of [page.text, page.muted, page.accent]) expect(contrast(ink, ground)).toBeGreaterThanOrEqual(4.5)
    }
    expect(contrast(page.onAccent, page.accent)).toBeGreaterThanOrEqual(4.5)
  })
})

it('no two affects share an icon, because colour must not be what tells them apart', () => {
  expect(new Set(AFFECTS.map(affect => LOOKS[affect].icon)).size).toBe(AFFECTS.length)
})
