/** The stylesheet's colours, text size and icons for a canvas, which knows no custom properties, rem or masks. */

import { AFFECTS, ICONS, type Affect } from '../../contract/affects'
import type { Tint } from '../../look/palette'

export interface CanvasLook {
  text: string
  muted: string
  accent: string
  card: string
  tints: Record<Affect, Tint>
  /** How many times larger than a browser's usual 16 px the page's text is. */
  scale: number
}

export type Icons = Record<Affect, HTMLImageElement>

function probing<Found>(root: HTMLElement, ask: (probe: HTMLElement) => Found): Found {
  const probe = root.appendChild(document.createElement('span'))
  try {
    return ask(probe)
  } finally {
    probe.remove()
  }
}

/** As it stands now on `root`; ask again when scheme, palette or text size change. `forced`: the system's own colours. */
export function canvasLook(root: HTMLElement, forced = false): CanvasLook {
  const scale = (Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || 16) / 16
  const of = (probe: HTMLElement, names: readonly string[]): string[] => {
    const style = getComputedStyle(probe)
    return names.map(name => style.getPropertyValue(name).trim())
  }
  return probing(root, probe => {
    const tints = Object.fromEntries(
      AFFECTS.map(affect => {
        probe.dataset.affect = affect
        const [ink = '', tint = '', line = ''] = forced
          ? ['CanvasText', 'Canvas', 'CanvasText']
          : of(probe, ['--ink', '--tint', '--line'])
        return [affect, { ink, tint, line }]
      }),
    ) as Record<Affect, Tint>
    const names = ['--text', '--muted', '--accent', '--card']
    const [text = '', muted = '', accent = '', card = ''] = forced
      ? ['CanvasText', 'CanvasText', 'Highlight', 'Canvas']
      : of(probe, names)
    return { text, muted, accent, card, tints, scale }
  })
}

/** The stylesheet's icons as pictures in each tone's ink; null where it has none. */
export async function canvasIcons(root: HTMLElement, look: CanvasLook): Promise<Icons | null> {
  const drawings = probing(root, probe =>
    AFFECTS.map(affect => {
      probe.className = ICONS[affect]
      probe.style.color = look.tints[affect].ink
      const style = getComputedStyle(probe)
      const found = /^url\("?(data:image\/svg.+?)"?\)$/s.exec(style.getPropertyValue('--un-icon').trim())?.[1]
      // In pixels: an em has no meaning outside of a document.
      return found
        ?.replaceAll('currentColor', encodeURIComponent(style.color))
        .replaceAll(/(width|height)='[\d.]+em'/g, "$1='24'")
    }),
  )
  const pictures = await Promise.all(
    drawings.map(async drawing => {
      if (!drawing) return null
      const picture = new Image()
      picture.src = drawing
      await picture.decode()
      return picture
    }),
  ).catch(() => [])
  return pictures.length && pictures.every(Boolean)
    ? (Object.fromEntries(AFFECTS.map((affect, at) => [affect, pictures[at]])) as Icons)
    : null
}
