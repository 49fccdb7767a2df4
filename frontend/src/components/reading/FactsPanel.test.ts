import { afterEach, describe, expect, it } from 'vitest'
import { AFFECTS } from '../../contract/affects'
import type { FactsEvent } from '../../contract/events'
import { speak } from '../../strings'
import { mount } from '../../testing/mount'
import { FakeSource } from '../../testing/fakeSource'
import { inSurroundings, listen, Surroundings, type Session } from '../../testing/surroundings'
import { useReadings } from '../../stores/readings'
import { useSettings } from '../../stores/settings'
import FactsTable from '../../timeline/FactsTable.vue'
import FactsPanel from './FactsPanel.vue'

const facts: FactsEvent = {
  id: '48000-1',
  timestamp: 63.4,
  speakerId: 'speaker_b',
  prosodyFlags: ['louder', 'faster', 'rising_pitch'],
  pitchHz: 181.4,
  loudnessDb: -21.7,
  text: 'Louder and faster than usual, rising at the end',
}
const sent = {
  event_type: 'facts',
  timestamp: 3,
  speaker_id: 'speaker_a',
  prosody_flags: ['louder'],
  pitch_hz: 120,
  loudness_db: -20,
  text: 'Louder than usual',
}

const text = (root: HTMLElement, id: string): string =>
  root.querySelector(`[data-testid=${id}]`)?.textContent?.replaceAll(/\s+/g, ' ').trim() ?? ''

afterEach(() => speak('en'))

describe('FactsPanel', () => {
  it('says what is measured, and names no tone', () => {
    const { root } = mount(FactsPanel, { facts, current: true, waiting: true })
    expect(text(root, 'facts-text')).toBe('Louder and faster than usual, rising at the end')
    expect(text(root, 'facts-measures')).toBe('Pitch: 181 Hz · Loudness: −22 dB')
    expect(text(root, 'now-when')).toBe('since 1:03')
    expect(root.textContent).toContain('Speaker B')
    expect(AFFECTS.filter(affect => root.textContent?.includes(affect))).toEqual([])
    expect(root.querySelector('[data-affect]')).toBeNull()
  })

  it('says it in German from the flags', async () => {
    await speak('de')
    const shown = (change: Partial<FactsEvent>): string =>
      text(mount(FactsPanel, { facts: { ...facts, ...change }, current: true, waiting: true }).root, 'facts-text')
    expect(shown({})).toBe('Lauter und schneller als sonst, Tonhöhe steigt am Ende')
    expect(shown({ prosodyFlags: ['louder', 'raised_voice'] })).toBe('Stimme erhoben')
    expect(shown({ prosodyFlags: ['a_later_flag'] })).toBe('A later flag')
    expect(shown({ prosodyFlags: [], text: 'As usual for this voice' })).toBe('Wie bei dieser Stimme üblich')
    expect(shown({ prosodyFlags: [], text: null })).toBe('Linnet lernt diese Stimme erst kennen')
  })

  it('says that a voice is not known yet', () => {
    const { root } = mount(FactsPanel, { facts: { ...facts, prosodyFlags: [], text: null }, current: true, waiting: true })
    expect(text(root, 'facts-text')).toBe('Getting to know this voice')
  })
})

describe('a session of measured facts', () => {
  let around: Surroundings
  let session: Session
  inSurroundings((given, store) => ([around, session] = [given, store]))

  it('is asked for, shown and kept apart from tones', async () => {
    useSettings().kept.facts = true
    around.answers = path =>
      path === '/session/start' ? new Response(JSON.stringify({ session_id: '3-abc', facts: true })) : undefined
    await listen(session)
    expect(around.bodies).toEqual([{ sample_rate: 16_000, elcor: false, facts: true, words: null }])
    expect(session.measuring).toBe(true)
    FakeSource.last.sends('facts-event', sent, '48000-1')
    FakeSource.last.sends('facts-event', sent, '48000-1')
    FakeSource.last.sends('facts-event', { ...sent, timestamp: 5, prosody_flags: [], text: 'As usual for this voice' }, '80000-1')
    expect(session.measured.map(event => event.text)).toEqual(['As usual for this voice', 'Louder than usual'])
    expect(session.measuredNow?.id).toBe('80000-1')
    expect(session.reading.tone).toBeNull()
  })

  it('is shown as such where the server infers nothing, whatever was asked', async () => {
    around.answers = path =>
      path === '/session/start' ? new Response(JSON.stringify({ session_id: '3-abc', facts: true })) : undefined
    await listen(session)
    expect(session.measuring).toBe(true)
  })

  it('comes back after a reload, as a table too', async () => {
    const events = [
      { id: '48000-1', event: 'facts-event', data: sent },
      { id: '64000-1', event: 'audio-gap', data: { from: 3, to: 4 } },
      { id: '80000-1', event: 'facts-event', data: { ...sent, timestamp: 5, text: 'Faster than usual' } },
    ]
    around.answers = () => new Response(JSON.stringify({ events }))
    const readings = useReadings()
    await readings.load('3-abc')
    expect(session.measuring).toBe(true)
    const { root } = mount(FactsTable, { facts: readings.facts, gaps: readings.gaps })
    const rows = [...root.querySelectorAll('tbody tr')].map(row => row.textContent?.replaceAll(/\s+/g, ' ').trim())
    expect(rows).toHaveLength(3)
    expect(rows[0]).toContain('Faster than usual')
    expect(rows[2]).toContain('Louder than usual')
    expect(root.textContent).toContain('−20 dB')
  })
})
