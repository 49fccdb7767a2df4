import { describe, expect, it } from 'vitest'
import { FakeSocket } from '../../testing/fakeSocket'
import { FakeSource } from '../../testing/fakeSource'
import { inSurroundings, listen, speak, tick, tone, Surroundings, type Session } from '../../testing/surroundings'

let around: Surroundings
let session: Session

inSurroundings((given, store) => ([around, session] = [given, store]))

describe('a reading', () => {
  const reads = (timestamp: number): void =>
    FakeSource.last.sends('tone-event', { ...tone, timestamp }, `${timestamp * 16_000}-1`)
  const says = (state: string): void => FakeSource.last.sends('status', { state })

  it.each(['silence', 'unclear', 'behind'])('is no longer current after %s, until another one comes', async state => {
    await listen(session)
    speak(10)
    reads(1)
    expect(session.reading.current).toBe(true)
    says(state)
    expect(session.reading.current).toBe(true) // a pause for breath, maybe
    await tick(2000)
    expect(session.reading.current).toBe(false)
    expect(session.reading.unclear).toBe(state === 'unclear')
    says('listening')
    expect(session.reading.current).toBe(false)
    speak(10)
    reads(2)
    expect(session.reading.current).toBe(true)
  })

  it('is no longer current once speech went on without another', async () => {
    await listen(session)
    speak(10)
    reads(1)
    speak(60)
    expect(session.reading.current).toBe(true)
    speak(1)
    expect(session.reading.current).toBe(false)
  })

  it.each<[string, () => unknown]>([
    ['the audio', () => FakeSocket.last.cuts()],
    ['the events', () => FakeSource.last.fails(false)],
    ['the microphone', () => around.audio.streams[0]?.track.onended?.()],
    ['the end', () => session.stop()],
  ])('is no longer current without %s', async (_, lose) => {
    await listen(session)
    speak(10)
    reads(1)
    void lose()
    await tick()
    expect(session.reading.current).toBe(false)
  })

  it('is no longer current when no worker is alive', async () => {
    await listen(session)
    await tick(8000)
    speak(10)
    reads(1)
    around.answers = path => (path === '/ready' ? new Response('{}', { status: 503 }) : undefined)
    await tick(2000)
    expect(session.reading.current).toBe(false)
  })
})
