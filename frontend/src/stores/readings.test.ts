import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { FactsEvent } from '../contract/events'
import { aTone } from '../testing/tone'
import { MOST_READINGS, useReadings } from './readings'

let readings: ReturnType<typeof useReadings>
beforeEach(() => {
  setActivePinia(createPinia())
  readings = useReadings()
})
afterEach(() => vi.unstubAllGlobals())

const tone = (second: number): ReturnType<typeof aTone> => aTone({ id: `${second * 16_000}-1`, timestamp: second })

it('keeps each reading once, in order', () => {
  for (const second of [3, 4, 4, 3, 5]) readings.add(tone(second))
  expect(readings.all.map(one => one.timestamp)).toEqual([3, 4, 5])
})

it('forgets what the server has lost, and takes what follows in its place', () => {
  for (const second of [3, 4, 5]) readings.add(tone(second))
  readings.selectedId = tone(5).id
  readings.rewind('no id')
  expect(readings.all).toHaveLength(3)
  readings.rewind(tone(3).id)
  expect(readings.all.map(one => one.timestamp)).toEqual([3])
  expect(readings.selectedId).toBe('')
  readings.add(tone(4))
  expect(readings.all.map(one => one.timestamp)).toEqual([3, 4])
})

it('forgets what was measured that the server has lost', () => {
  const measured = (second: number): FactsEvent => ({
    id: `${second * 16_000}-1`,
    timestamp: second,
    speakerId: 'speaker_a',
    prosodyFlags: [],
    pitchHz: null,
    loudnessDb: null,
    text: null,
  })
  for (const second of [3, 4, 5]) readings.addFacts(measured(second))
  readings.rewind(measured(3).id)
  readings.addFacts(measured(4))
  expect(readings.facts.map(one => one.timestamp)).toEqual([3, 4])
})

it('keeps a bounded number of them, the newest', async () => {
  const events = Array.from({ length: MOST_READINGS + 5 }, (_, at) => ({
    id: `${at + 1}-1`,
    event: 'tone-event',
    data: { label: 'Calm', affect: 'calm', timestamp: at + 1 },
  }))
  vi.stubGlobal(
    'fetch',
    vi.fn(async () => new Response(JSON.stringify({ events }))),
  )
  await readings.load('3-abc')
  expect(readings.all).toHaveLength(MOST_READINGS)
  readings.add(tone(MOST_READINGS + 6))
  expect(readings.all.length).toBeLessThan(MOST_READINGS)
  expect(readings.all.at(-1)?.timestamp).toBe(MOST_READINGS + 6)
})

it('travels from the newest, and stops at both ends', () => {
  readings.travel(1)
  expect(readings.selected).toBeNull()
  for (const second of [3, 4, 5]) readings.add(tone(second))
  readings.travel(-1)
  expect(readings.selected?.timestamp).toBe(5)
  readings.travel(-1)
  expect(readings.selected?.timestamp).toBe(4)
  readings.selectedId = ''
  readings.travel(-Infinity)
  expect(readings.selected?.timestamp).toBe(3)
  readings.travel(Infinity)
  expect(readings.selected?.timestamp).toBe(5)
  readings.travel(-9)
  expect(readings.selected?.timestamp).toBe(3)
  readings.travel(9)
  expect(readings.selected?.timestamp).toBe(5)
})

it('loads what the server has, with corrections, and drops what it does not understand', async () => {
  const events = [
    {
      id: '1-1',
      event: 'tone-event',
      data: { label: 'Calm', affect: 'calm', timestamp: 1 },
      correction: { affect: 'sad', note: null },
    },
    { id: '2-1', event: 'audio-gap', data: { from: 2, to: 4.5 } },
    { id: '3-1', event: 'tone-event', data: {} },
    { id: '4-1', event: 'audio-gap', data: {} },
    null,
  ]
  vi.stubGlobal(
    'fetch',
    vi.fn(async () => new Response(JSON.stringify({ events }))),
  )
  expect(await readings.load('3-abc')).toEqual({ lastId: '4-1', ended: false })
  expect(readings.all.map(one => one.id)).toEqual(['1-1'])
  expect(readings.gaps).toEqual([{ from: 2, to: 4.5 }])
  expect(readings.corrections.get('1-1')).toEqual({ affect: 'sad', note: '' })
})

it('knows where there was no sound, each stretch once', () => {
  readings.addGap({ from: 2, to: 4 })
  readings.addGap({ from: 2, to: 4 })
  readings.addGap({ from: 9, to: 10 })
  expect(readings.gaps).toEqual([
    { from: 2, to: 4 },
    { from: 9, to: 10 },
  ])
  readings.clear()
  expect(readings.gaps).toEqual([])
})

it('says that a session is over', async () => {
  const events = [{ id: '1-1', event: 'session-ended', data: { reason: 'client' } }]
  vi.stubGlobal(
    'fetch',
    vi.fn(async () => new Response(JSON.stringify({ events }))),
  )
  expect(await readings.load('3-abc')).toEqual({ lastId: '1-1', ended: true })
  vi.stubGlobal(
    'fetch',
    vi.fn(async () => new Response('{"events":[]}')),
  )
  expect(await readings.load('3-abc')).toEqual({ lastId: '0-0', ended: false })
})

it('shows a correction only once the server has it', async () => {
  vi.stubGlobal(
    'fetch',
    vi.fn(async () => new Response('{"detail":"no"}', { status: 422 })),
  )
  await expect(readings.correct('3-abc', '1-1', { affect: 'sad', note: '' })).rejects.toThrow('refused')
  expect(readings.corrections.size).toBe(0)
  const sent: unknown[] = []
  vi.stubGlobal(
    'fetch',
    vi.fn(async (path: string, init: RequestInit) => {
      sent.push([path, JSON.parse(String(init.body))])
      return new Response('{}', { status: 201 })
    }),
  )
  await readings.correct('3-abc', '1-1', { affect: 'sad', note: 'he was tired' })
  expect(sent).toEqual([['/session/3-abc/corrections', { event_id: '1-1', affect: 'sad', note: 'he was tired' }]])
  expect(readings.corrections.get('1-1')?.affect).toBe('sad')
})
