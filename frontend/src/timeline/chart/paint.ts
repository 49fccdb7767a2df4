/** Pieces of tone, gaps and the chosen moment → a canvas. All places in CSS px from the chart's upper left corner. */

import type UPlot from 'uplot'
import type { Affect } from '../../contract/affects'
import type { AudioGap } from '../../contract/events'
import type { CanvasLook, Icons } from './canvasLook'
import type { LaneSizes, Piece } from './pieces'

type Canvas = CanvasRenderingContext2D

/** Between two strokes of a hatching, CSS px. A gap narrower than that is a dashed line. */
const HATCH = 6
const LINE = 2

export const fontOf = (sizes: LaneSizes): string => `${sizes.font}px system-ui, sans-serif`

/** Lets `paint` draw in CSS px inside the chart's area. */
export function inside(u: UPlot, paint: (ctx: Canvas, width: number, height: number) => void): void {
  const { ctx, bbox } = u
  ctx.save()
  ctx.translate(bbox.left, bbox.top)
  ctx.scale(devicePixelRatio, devicePixelRatio)
  paint(ctx, bbox.width / devicePixelRatio, bbox.height / devicePixelRatio)
  ctx.restore()
}

/** @param order of the tones, from above, by which bars stand higher or lower */
export function paintPiece(
  ctx: Canvas,
  piece: Piece,
  order: readonly Affect[],
  sizes: LaneSizes,
  look: CanvasLook,
  icons: Icons | null,
  word: string,
): void {
  const { affect, left, right, shown } = piece
  const top = piece.lane * sizes.lane + sizes.name
  const { ink, tint, line } = look.tints[affect]
  if (shown === 'bar') {
    const row = sizes.block / Math.max(1, order.length)
    ctx.fillStyle = line
    ctx.fillRect(left, top + order.indexOf(affect) * row, right - left, Math.max(2, row - 1))
    return
  }
  ctx.fillStyle = tint
  ctx.strokeStyle = line
  ctx.lineWidth = 1
  ctx.beginPath()
  ctx.roundRect(left + 0.5, top + 0.5, right - left - 1, sizes.block - 1, 6)
  ctx.fill()
  ctx.stroke()
  const middle = top + sizes.block / 2
  const beside = shown === 'word' ? sizes.pad : (right - left - sizes.icon) / 2
  if (icons) ctx.drawImage(icons[affect], left + beside, middle - sizes.icon / 2, sizes.icon, sizes.icon)
  if (shown !== 'word') return
  ctx.fillStyle = ink
  ctx.font = fontOf(sizes)
  ctx.textAlign = 'left'
  ctx.textBaseline = 'middle'
  ctx.fillText(word, left + sizes.pad + (icons ? sizes.icon + sizes.pad : 0), middle)
}

/** Hatched from top to bottom, or dashed where it is narrow; of its words the first that fit whole, `at` so far down. */
export function paintGaps(
  ctx: Canvas,
  gaps: readonly AudioGap[],
  place: (at: number) => number,
  width: number,
  height: number,
  look: CanvasLook,
  words?: { of: (gap: AudioGap) => string[]; at: number; font: string },
): void {
  let covered = -Infinity
  for (const gap of gaps) {
    const left = Math.max(0, place(gap.from))
    const right = Math.min(width, Math.max(place(gap.to), left + LINE))
    // What ends within a pixel that is hatched already adds nothing.
    if (right <= left || place(gap.to) < 0 || right <= covered + 1) continue
    covered = right
    hatch(ctx, left, right, height, look.muted)
    if (!words) continue
    ctx.font = words.font
    const text = words.of(gap).find(one => ctx.measureText(one).width + 8 <= right - left)
    if (!text) continue
    const wide = ctx.measureText(text).width + 8
    const middle = (left + right) / 2
    ctx.fillStyle = look.card
    ctx.fillRect(middle - wide / 2, words.at - 12 * look.scale, wide, 24 * look.scale)
    ctx.fillStyle = look.text
    ctx.textAlign = 'center'
    ctx.textBaseline = 'middle'
    ctx.fillText(text, middle, words.at)
  }
}

function hatch(ctx: Canvas, left: number, right: number, height: number, colour: string): void {
  ctx.save()
  ctx.beginPath()
  ctx.rect(left, 0, right - left, height)
  ctx.clip()
  ctx.strokeStyle = colour
  ctx.lineWidth = 1
  ctx.beginPath()
  if (right - left < HATCH) {
    ctx.lineWidth = LINE
    ctx.setLineDash([4, 3])
    ctx.moveTo((left + right) / 2, 0)
    ctx.lineTo((left + right) / 2, height)
    ctx.stroke()
    ctx.restore()
    return
  }
  for (let at = left - height; at < right; at += HATCH) {
    ctx.moveTo(at, height)
    ctx.lineTo(at + height, 0)
  }
  ctx.rect(left + 0.5, -1, right - left - 1, height + 2)
  ctx.stroke()
  ctx.restore()
}

/** A line through the lane, with a rim that parts it from what it crosses. */
export function paintChosen(ctx: Canvas, at: number, lane: number, sizes: LaneSizes, look: CanvasLook): void {
  const top = lane * sizes.lane + sizes.name - 3
  for (const [colour, width] of [
    [look.card, 7],
    [look.accent, 3],
  ] as const) {
    ctx.fillStyle = colour
    ctx.fillRect(at - width / 2, top, width, sizes.block + 6)
  }
}
