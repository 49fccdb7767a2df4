/** Blocks of tone → what is drawn of them: as much as fits whole, and never more pieces than there are pixels. */

import type { Affect } from '../../contract/affects'
import type { Block } from './blocks'

export interface Piece {
  affect: Affect
  /** Which lane, from above. */
  lane: number
  /** CSS px from the left edge of the chart. */
  left: number
  right: number
  /** `bar`: there is no room for the icon, so that the bar's height has to tell the tone. */
  shown: 'word' | 'icon' | 'bar'
}

/** CSS px that a piece must have to show it. */
export interface Room {
  /** Icon and word. */
  word: (affect: Affect) => number
  icon: number
}

/** CSS px; narrower it would not be seen. */
const NARROWEST = 2

/**
 * @param blocks in order of their beginning
 * @param place s of session audio → CSS px from the left edge
 * @param width CSS px of the chart
 */
export function piecesOf(
  blocks: readonly Block[],
  lanes: readonly string[],
  place: (at: number) => number,
  width: number,
  room: Room,
): Piece[] {
  const pieces: Piece[] = []
  const bars = new Map<string, Piece>()
  for (const { speakerId, affect, from, to } of blocks) {
    const left = Math.max(0, place(from))
    const right = Math.min(width, Math.max(place(to), left + NARROWEST))
    if (right <= left || place(to) < 0) continue
    const lane = lanes.indexOf(speakerId)
    const shown = right - left >= room.word(affect) ? 'word' : right - left >= room.icon ? 'icon' : 'bar'
    const before = shown === 'bar' ? bars.get(`${lane} ${affect}`) : undefined
    if (before && left <= before.right + 1) {
      before.right = Math.max(before.right, right)
      continue
    }
    const piece: Piece = { affect, lane, left, right, shown }
    pieces.push(piece)
    if (shown === 'bar') bars.set(`${lane} ${affect}`, piece)
  }
  return pieces
}

export interface LaneSizes {
  /** CSS px. A lane is the voice's name, then its blocks, then some space. */
  name: number
  block: number
  lane: number
  axis: number
  font: number
  icon: number
  pad: number
}

/** @param scale of the page's text */
export function laneSizes(scale: number): LaneSizes {
  const [name, block, axis] = [22, 36, 30].map(size => Math.round(size * scale)) as [number, number, number]
  return { name, block, lane: name + block + 8, axis, font: Math.round(13 * scale), icon: Math.round(18 * scale), pad: 5 }
}
