import { describe, expect, it } from 'vitest'
import { sentLine, sentPartial } from '../../testing/line'
import { FakeSource } from '../../testing/fakeSource'
import { inSurroundings, listen, tick, Surroundings, type Session } from '../../testing/surroundings'
import { useCaptions } from '../captions'
import { useCaptionWish } from '../captionWish'
import { useSettings } from '../settings'
import { useSpeakers } from '../speakers'

let around: Surroundings
let session: Session

inSurroundings((given, store) => ([around, session] = [given, store]))

const told = (): string[] => session.notices.map(notice => notice.text)
const withoutWords = (): Response => Response.json({ session_id: '3-abc', words: false })

describe('captions', () => {
  it('come over the stream: words so far, then the line', async () => {
    await listen(session)
    expect(session.captioned).toBe(true)
    FakeSource.last.sends('transcript', sentPartial(), '16000-1')
    expect(useCaptions().unfinished.map(one => one.text)).toEqual(['That’s fi'])
    FakeSource.last.sends('transcript-event', sentLine({ speaker_id: 'speaker_b' }), '48000-1')
    FakeSource.last.sends('transcript-event', sentLine({ speaker_id: 'speaker_b' }), '48000-1')
    expect(useCaptions().lines.map(one => one.text)).toEqual(['That’s fine.'])
    expect(useCaptions().unfinished).toEqual([])
    expect(useSpeakers().heard).toEqual(['speaker_b'])
  })

  it('resume behind the last line, not behind words so far', async () => {
    await listen(session)
    FakeSource.last.sends('transcript-event', sentLine(), '48000-1')
    FakeSource.last.sends('transcript', sentPartial({ utterance_id: 'u2' }), '48000-1')
    FakeSource.last.fails(true)
    await tick(5000)
    expect(FakeSource.last.url).toBe('/session/3-abc/stream?last_event_id=48000-1')
    expect(useCaptions().unfinished).toHaveLength(1)
  })

  it('leave no half a line behind when the session ends', async () => {
    await listen(session)
    FakeSource.last.sends('transcript', sentPartial())
    FakeSource.last.sends('session-ended', { reason: 'client' }, '64000-1')
    await tick()
    expect([session.captioned, useCaptions().unfinished]).toEqual([false, []])
  })

  it('stay to be read after the session, and go when it is erased', async () => {
    await listen(session)
    FakeSource.last.sends('transcript-event', sentLine(), '48000-1')
    FakeSource.last.sends('session-ended', { reason: 'client' }, '64000-1')
    await tick()
    expect(session.captioned).toBe(true)
    session.forget()
    expect(session.captioned).toBe(false)
  })

  it('are asked for as the person chose', async () => {
    useCaptionWish().on = false
    useSettings().kept.spoken = 'de'
    await listen(session)
    expect(around.bodies).toEqual([{ sample_rate: 16_000, elcor: false, words: false }])
    await session.stop()
    await tick()
    useCaptionWish().on = true
    void session.startMicrophone()
    await tick()
    expect(around.bodies.at(-1)).toEqual({ sample_rate: 16_000, elcor: false, words: true, language: 'de' })
  })

  it('are left to the server while nobody has chosen, and not missed where it writes no words down', async () => {
    around.answers = withoutWords
    await listen(session)
    expect(around.bodies).toEqual([{ sample_rate: 16_000, elcor: false, words: null }])
    expect(session.captioned).toBe(false)
    expect(told()).toEqual([])
    expect(useCaptionWish().on).toBe(false)
    expect(useSettings().kept.captions).toBeNull()
  })

  it('are not missed by somebody who wanted none', async () => {
    around.answers = withoutWords
    useCaptionWish().on = false
    await listen(session)
    expect(told()).toEqual([])
  })

  it('that were chosen are asked for again, and missed again', async () => {
    around.answers = withoutWords
    useCaptionWish().on = true
    await listen(session)
    expect(useCaptionWish().on).toBe(true)
    expect(told()).toEqual([expect.stringContaining('has no captions')])
  })
})
