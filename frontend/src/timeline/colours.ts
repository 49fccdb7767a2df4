/** The stylesheet's colours for a canvas, which knows no custom properties. */

import { AFFECTS, type Affect } from '../affects'
import type { Tint } from '../look/palette'

export interface CanvasColours {
  text: string
  muted: string
  accent: string
  rule: string
  tints: Record<Affect, Tint>
}

/** As they stand now on `root`; ask again when the scheme changes. */
export function canvasColours(root: HTMLElement): CanvasColours {
  const probe = root.appendChild(document.createElement('span'))
  const of = (names: readonly string[]): string[] => {
    const style = getComputedStyle(probe)
    return names.map(name => style.getPropertyValue(name).trim())
  }
  const tints = Object.fromEntries(AFFECTS.map(affect => {
    probe.dataset.affect = affect
    const [ink = '', tint = '', line = ''] = of(['--ink', '--tint', '--line'])
    return [affect, { ink, tint, line }]
  })) as Record<Affect, Tint>
  const [text = '', muted = '', accent = ''] = of(['--text', '--muted', '--accent'])
  probe.remove()
  return { text, muted, accent, rule: muted, tints }
}
