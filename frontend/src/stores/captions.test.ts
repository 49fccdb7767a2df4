import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { PartialTranscript } from '../contract/transcripts'
import { aLine, sentLine } from '../testing/line'
import { MOST_LINES, useCaptions } from './captions'
import { useReadings } from './readings'

let captions: ReturnType<typeof useCaptions>
beforeEach(() => {
  setActivePinia(createPinia())
  captions = useCaptions()
})
afterEach(() => vi.unstubAllGlobals())

const line = (second: number): ReturnType<typeof aLine> =>
  aLine({ id: `${second * 16_000}-1`, timestamp: second, start: second - 1, end: second, utteranceId: `u${second}` })

const partial = (change: Partial<PartialTranscript> = {}): PartialTranscript => ({
  timestamp: 2,
  utteranceId: 'u3',
  start: 2,
  text: 'that is fi',
  stable: 'that',
  language: 'en',
  ...change,
})
const shown = (): string[] => captions.unfinished.map(one => `${one.stable}|${one.text.slice(one.stable.length)}`)

it('keeps each line once, in the order of the stream', () => {
  for (const second of [3, 4, 4, 3, 5]) captions.add(line(second))
  captions.add({ ...line(9), utteranceId: 'u5' })
  expect(captions.lines.map(one => one.timestamp)).toEqual([3, 4, 5])
  expect(captions.latest?.timestamp).toBe(5)
})

it('keeps a bounded number of lines, the newest', () => {
  captions.load(
    Array.from({ length: MOST_LINES + 5 }, (_, at) => ({
      id: `${at + 1}-1`,
      event: 'transcript-event',
      data: sentLine({ utterance_id: `v${at}`, timestamp: at + 1 }),
    })),
  )
  expect(captions.lines).toHaveLength(MOST_LINES)
  captions.add(line(MOST_LINES))
  expect(captions.lines.length).toBeLessThan(MOST_LINES)
  expect(captions.lines.at(-1)?.utteranceId).toBe(`u${MOST_LINES}`)
})

it('shows the newest words so far, until their line comes', () => {
  captions.addPartial(partial())
  captions.addPartial(partial({ timestamp: 3, text: 'that is fine', stable: 'that is' }))
  expect(shown()).toEqual(['that is| fine'])
  captions.add(line(3))
  expect(shown()).toEqual([])
  captions.addPartial(partial({ timestamp: 4 }))
  expect(shown()).toEqual([])
})

it('never goes back behind what was stable', () => {
  captions.addPartial(partial({ stable: 'that is' }))
  captions.addPartial(partial({ timestamp: 3, text: 'that is fi', stable: 'that' }))
  expect(shown()).toEqual(['that is| fi'])
  captions.addPartial(partial({ timestamp: 4, text: 'this is', stable: 'this' }))
  expect(shown()).toEqual(['that is| fi'])
  captions.addPartial(partial({ timestamp: 1, text: 'that is', stable: 'that is' }))
  expect(shown()).toEqual(['that is| fi'])
})

it('takes back what were no words', () => {
  captions.addPartial(partial())
  captions.addPartial(partial({ timestamp: 3, text: '', stable: '' }))
  expect(captions.any).toBe(false)
})

it('keeps voices apart, and drops what will never get its line', () => {
  captions.addPartial(partial({ utteranceId: 'late', start: 2.5 }))
  captions.addPartial(partial())
  expect(captions.unfinished.map(one => one.utteranceId)).toEqual(['u3', 'late'])
  captions.add(aLine({ utteranceId: 'other', start: 2, timestamp: 4 }))
  expect(captions.unfinished).toEqual([])
  captions.addPartial(partial())
  captions.addPartial(partial({ utteranceId: 'u40', timestamp: 40, start: 38 }))
  expect(captions.unfinished.map(one => one.utteranceId)).toEqual(['u40'])
})

it('keeps words whose line is only late while the next are spoken', () => {
  captions.addPartial(partial({ utteranceId: 'u8', timestamp: 8, start: 6 }))
  captions.add(aLine({ utteranceId: 'u5', start: 3, end: 5, timestamp: 5.5 }))
  captions.addPartial(partial({ utteranceId: 'u12', timestamp: 12, start: 9 }))
  expect(captions.unfinished.map(one => one.utteranceId)).toEqual(['u8', 'u12'])
})

it('forgets what the server has lost, and takes what follows in its place', () => {
  const readings = useReadings()
  for (const second of [3, 4, 5]) captions.add(line(second))
  captions.addPartial(partial({ utteranceId: 'u6' }))
  readings.rewind('no id')
  expect(captions.lines).toHaveLength(3)
  readings.rewind(line(3).id)
  expect(captions.lines.map(one => one.timestamp)).toEqual([3])
  expect(captions.unfinished).toEqual([])
  captions.add(line(4))
  expect(captions.lines.map(one => one.timestamp)).toEqual([3, 4])
})

it('comes and goes with the readings, corrections too', async () => {
  const events = [
    { id: '1-1', event: 'transcript-event', data: sentLine(), correction: { text: 'That is mine.' } },
    { id: '2-1', event: 'transcript-event', data: sentLine({ text: '' }) },
    { id: '3-1', event: 'transcript-event', data: sentLine({ utterance_id: 'u2', text: 'No.' }), correction: { affect: 'sad' } },
    null,
  ]
  vi.stubGlobal(
    'fetch',
    vi.fn(async () => Response.json({ events })),
  )
  const readings = useReadings()
  await readings.load('3-abc')
  expect(captions.lines.map(captions.textOf)).toEqual(['That is mine.', 'No.'])
  expect(captions.lines[0]?.text).toBe('That’s fine.')
  expect(captions.latest).toBeNull()
  readings.clear()
  expect([captions.any, captions.corrections.size]).toEqual([false, 0])
})

it('shows a correction only once the server has it', async () => {
  vi.stubGlobal(
    'fetch',
    vi.fn(async () => new Response('{"detail":"no"}', { status: 422 })),
  )
  await expect(captions.correct('3-abc', '1-1', 'mine')).rejects.toThrow('refused')
  expect(captions.corrections.size).toBe(0)
  const sent: unknown[] = []
  vi.stubGlobal(
    'fetch',
    vi.fn(async (path: string, { method, body }: RequestInit) => {
      sent.push([method, path, body && JSON.parse(String(body))])
      return Response.json({})
    }),
  )
  await captions.correct('3-abc', '1-1', 'mine')
  expect(captions.corrections.get('1-1')).toBe('mine')
  await captions.takeBack('3-abc', '1-1')
  expect(captions.corrections.size).toBe(0)
  expect(sent).toEqual([
    ['POST', '/session/3-abc/corrections', { event_id: '1-1', text: 'mine' }],
    ['DELETE', '/session/3-abc/corrections/1-1', undefined],
  ])
})
