import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeBufferSource, FakeContext, FakeWorklet, type FakeGain, installFakeAudio } from '../testing/fakeAudio'
import { inScope } from '../testing/scope'
import { useAudioCapture } from './useAudioCapture'

let audio: ReturnType<typeof installFakeAudio>
let capture: ReturnType<typeof useAudioCapture> & { stop: () => void }
const onFrame = vi.fn()
const onEnd = vi.fn()

beforeEach(() => {
  audio = installFakeAudio(vi.stubGlobal)
  onFrame.mockReset()
  onEnd.mockReset()
  capture = inScope(() => useAudioCapture({ onFrame, onEnd }))
})

afterEach(() => {
  capture.stop()
  vi.unstubAllGlobals()
})

const refuse = (name: string): void => {
  audio.devices.getUserMedia = () => Promise.reject(new DOMException('', name))
}

describe('the microphone', () => {
  it('is taken at 16 kHz where the browser resamples', async () => {
    expect(await capture.openMicrophone()).toBe(16_000)
    expect(capture.source.value).toBe('microphone')
  })

  it.each([8000, 44_100, 96_000])(
    'is resampled from its own %i Hz where it does not, and the first context is closed',
    async rate => {
      FakeContext.deviceRate = rate
      FakeContext.refusesOtherRates = true
      expect(await capture.openMicrophone()).toBe(16_000)
      expect(FakeContext.all.map(context => [context.sampleRate, context.state])).toEqual([
        [16_000, 'closed'],
        [rate, 'suspended'],
      ])
      expect(FakeWorklet.last.options).toMatchObject({ processorOptions: { rate: 16_000 } })
    },
  )

  it('hands frames over, and the last, partial one when closed', async () => {
    await capture.openMicrophone()
    await capture.begin()
    FakeWorklet.last.posts({ pcm: Int16Array.of(1, 2, 3).buffer, peak: 0.5 })
    expect(capture.peak.value).toBe(0.5)
    FakeWorklet.last.rest = Int16Array.of(4)
    await capture.close()
    expect(onFrame.mock.calls.map(([pcm]) => [...(pcm as Int16Array)])).toEqual([[1, 2, 3], [4]])
    expect(audio.streams[0]?.track.stopped).toBe(true)
    expect(FakeContext.all[0]?.state).toBe('closed')
    expect(capture.source.value).toBeNull()
  })

  it.each([
    ['NotAllowedError', 'microphone-denied'],
    ['NotFoundError', 'microphone-missing'],
    ['NotReadableError', 'microphone-busy'],
  ])('%s becomes %s', async (name, code) => {
    refuse(name)
    await expect(capture.openMicrophone()).rejects.toMatchObject({ code })
  })

  it('needs a safe page', async () => {
    vi.stubGlobal('isSecureContext', false)
    await expect(capture.openMicrophone()).rejects.toMatchObject({ code: 'insecure-page' })
  })

  it('comes back by itself after it was unplugged', async () => {
    await capture.openMicrophone()
    await capture.begin()
    audio.streams[0]?.track.onended?.()
    expect(capture.interruption.value?.code).toBe('microphone-lost')

    const again = audio.devices.getUserMedia
    refuse('NotFoundError')
    audio.devices.dispatchEvent(new Event('devicechange'))
    await vi.waitFor(() => expect(capture.interruption.value?.code).toBe('microphone-lost'))
    audio.devices.getUserMedia = again
    audio.devices.dispatchEvent(new Event('devicechange'))
    await vi.waitFor(() => expect(capture.interruption.value).toBeNull())
    expect(audio.streams.length).toBe(2)
    FakeWorklet.last.posts({ pcm: Int16Array.of(9).buffer, peak: 0.5 })
    expect(onFrame).toHaveBeenCalledOnce()
  })

  it('is let go when it was closed while the browser still asked', async () => {
    let allow: (stream: unknown) => void = () => undefined
    const given = await audio.devices.getUserMedia()
    const ask = (audio.devices.getUserMedia = vi.fn(
      () => new Promise<typeof given>(resolve => (allow = resolve as typeof allow)),
    ))
    const opening = capture.openMicrophone()
    await vi.waitFor(() => expect(ask).toHaveBeenCalled())
    await capture.close()
    allow(given)
    await expect(opening).rejects.toMatchObject({ name: 'AbortError' })
    expect(given.track.stopped).toBe(true)
  })

  it('goes on after the system suspended sound', async () => {
    await capture.openMicrophone()
    await capture.begin()
    const context = FakeContext.all[0]
    if (!context) throw new Error('no context')
    context.state = 'interrupted'
    context.onstatechange?.()
    await vi.waitFor(() => expect(context.state).toBe('running'))
  })
})

describe('sound that does not start', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('is told where the browser never runs it', async () => {
    FakeContext.neverRuns = true
    await capture.openMicrophone()
    const begun = expect(capture.begin()).rejects.toMatchObject({ code: 'sound-stuck' })
    await vi.advanceTimersByTimeAsync(10_000)
    await begun
  })

  it('is told where it runs and nothing comes, until something does', async () => {
    FakeContext.gives = false
    await capture.openMicrophone()
    await capture.begin()
    await vi.advanceTimersByTimeAsync(9000)
    expect(capture.interruption.value).toBeNull()
    await vi.advanceTimersByTimeAsync(1000)
    expect(capture.interruption.value?.code).toBe('sound-stuck')
    FakeWorklet.last.posts({ started: true })
    expect(capture.interruption.value).toBeNull()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(capture.interruption.value).toBeNull()
  })

  it('is told while the browser’s question for the microphone waits', async () => {
    const given = await audio.devices.getUserMedia()
    let allow: (stream: typeof given) => void = () => undefined
    audio.devices.getUserMedia = () => new Promise(resolve => (allow = resolve))
    const opening = capture.openMicrophone()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(capture.interruption.value?.code).toBe('microphone-asked')
    allow(given)
    await opening
    expect(capture.interruption.value).toBeNull()
  })

  it('is told of the page’s own part where that cannot be fetched', async () => {
    FakeContext.whileLoading = () => Promise.reject(new DOMException('', 'AbortError'))
    await expect(capture.openMicrophone()).rejects.toMatchObject({ code: 'page-incomplete' })
    expect(audio.open()).toEqual({ microphones: 0, contexts: 0 })
  })
})

describe('what was acquired', () => {
  const nothing = { microphones: 0, contexts: 0 }
  const turn = (): Promise<unknown> => new Promise(resolve => setTimeout(resolve))
  const changeDevices = async (): Promise<void> => {
    audio.devices.dispatchEvent(new Event('devicechange'))
    await turn()
  }

  async function listen(): Promise<void> {
    await capture.openMicrophone()
    await capture.begin()
  }

  it('is one microphone after a change to one of another rate, however often devices change', async () => {
    await listen()
    const before = FakeWorklet.last
    FakeContext.refusesOtherRates = true
    FakeContext.deviceRate = 48_000
    audio.streams[0]?.track.ends()
    before.rest = Int16Array.of(1)
    for (let n = 0; n < 4; n += 1) await changeDevices()
    await vi.waitFor(() => expect(capture.interruption.value).toBeNull())
    expect(audio.open()).toEqual({ microphones: 1, contexts: 1 })
    FakeWorklet.last.posts({ pcm: Int16Array.of(2).buffer, peak: 0.5 })
    expect(FakeWorklet.last).not.toBe(before)
    expect(onFrame.mock.calls.map(([pcm]) => [...(pcm as Int16Array)])).toEqual([[1], [2]]) // in order, and at the session's rate
    expect(FakeWorklet.last.options).toMatchObject({ processorOptions: { rate: 16_000 } })
    await capture.close()
    expect(audio.open()).toEqual(nothing)
  })

  it('is one microphone where devices change again while one is being opened', async () => {
    await listen()
    audio.streams[0]?.track.ends()
    audio.devices.dispatchEvent(new Event('devicechange'))
    audio.devices.dispatchEvent(new Event('devicechange'))
    audio.devices.dispatchEvent(new Event('devicechange'))
    await vi.waitFor(() => expect(capture.interruption.value).toBeNull())
    await turn()
    expect(audio.open()).toEqual({ microphones: 1, contexts: 1 })
  })

  it('is let go where the changed microphone cannot be connected at all', async () => {
    await listen()
    vi.spyOn(FakeContext.prototype, 'createMediaStreamSource').mockImplementation(() => {
      throw new DOMException('rates', 'NotSupportedError')
    })
    audio.streams[0]?.track.ends()
    for (let n = 0; n < 4; n += 1) await changeDevices()
    await vi.waitFor(() => expect(audio.streams.length).toBe(5))
    await turn()
    expect(capture.interruption.value?.code).toBe('microphone-lost')
    expect(audio.open()).toEqual({ microphones: 0, contexts: 1 })
    await capture.close()
    expect(audio.open()).toEqual(nothing)
  })

  it('is let go where it was stopped while a changed microphone was being connected', async () => {
    await listen()
    FakeContext.refusesOtherRates = true
    audio.streams[0]?.track.ends()
    let loaded: () => void = () => undefined
    FakeContext.whileLoading = () => new Promise(resolve => (loaded = resolve))
    await changeDevices()
    await vi.waitFor(() => expect(audio.streams.length).toBe(2))
    await capture.close()
    loaded()
    await vi.waitFor(() => expect(audio.open()).toEqual(nothing))
  })

  it.each(['openMicrophone', 'openRecording'] as const)('is let go where the processor cannot be made: %s', async way => {
    FakeContext.workletFails = true
    await expect(capture[way](new Blob(['RIFF']) as Blob & string)).rejects.toMatchObject({ code: 'audio-unsupported' })
    expect(audio.open()).toEqual(nothing)
  })

  it.each(['openMicrophone', 'openRecording'] as const)(
    'is let go where it was closed while the processor was loading: %s',
    async way => {
      let loaded: () => void = () => undefined
      FakeContext.whileLoading = () => new Promise(resolve => (loaded = resolve))
      const opening = capture[way](new Blob(['RIFF']) as Blob & string)
      await vi.waitFor(() => expect(FakeContext.all.length).toBe(1))
      await capture.close()
      loaded()
      await expect(opening).rejects.toMatchObject({ name: 'AbortError' })
      expect(audio.open()).toEqual(nothing)
    },
  )

  it.each(['openMicrophone', 'openRecording'] as const)('is not acquired at all where it was closed at once: %s', async way => {
    await listen()
    const opening = capture[way](new Blob(['RIFF']) as Blob & string)
    await capture.close()
    await expect(opening).rejects.toMatchObject({ name: 'AbortError' })
    expect(audio.open()).toEqual(nothing)
  })

  it('is let go although the context does not close', async () => {
    await listen()
    vi.spyOn(FakeContext.prototype, 'close').mockReturnValue(new Promise<void>(() => undefined))
    await capture.close()
    expect(audio.open().microphones).toBe(0)
  })

  it('is let go with the page’s part that needed it', async () => {
    await listen()
    capture.stop()
    await turn()
    expect(audio.open()).toEqual(nothing)
  })
})

describe('a recording', () => {
  const file = new Blob(['RIFF'])

  it('plays at 16 kHz and says when it is over', async () => {
    expect(await capture.openRecording(file)).toBe(16_000)
    expect(capture.source.value).toBe('recording')
    await capture.begin()
    expect(FakeBufferSource.last.startedAt).toBe(0)
    const [output] = FakeBufferSource.last.connected as FakeGain[]
    expect(output?.connected).toEqual([FakeWorklet.last])
    expect(onEnd).not.toHaveBeenCalled()
    FakeBufferSource.last.onended?.()
    expect(onEnd).toHaveBeenCalledOnce()
  })

  it('begins at the place that was chosen before it began', async () => {
    await capture.openRecording(file)
    capture.seek(40)
    expect(capture.position.value).toBe(40)
    await capture.begin()
    expect(FakeBufferSource.last.startedAt).toBe(40)
  })

  it('says where it is, and goes on from another place without ending', async () => {
    await capture.openRecording(file)
    await capture.begin()
    const [first, context] = [FakeBufferSource.last, FakeContext.all[0] as FakeContext]
    context.currentTime = 7
    FakeWorklet.last.posts({ pcm: Int16Array.of(1).buffer, peak: 0.5 })
    expect([capture.position.value, capture.duration.value]).toEqual([7, 60])
    capture.seek(40)
    expect([first.stopped, first.onended]).toEqual([true, null])
    expect(FakeBufferSource.last.startedAt).toBe(40)
    context.currentTime = 12
    FakeWorklet.last.posts({ pcm: Int16Array.of(1).buffer, peak: 0.5 })
    expect(capture.position.value).toBe(45)
    expect(onEnd).not.toHaveBeenCalled()
    FakeBufferSource.last.onended?.()
    expect(onEnd).toHaveBeenCalledOnce()
    await capture.close()
    expect([capture.position.value, capture.duration.value]).toEqual([0, 0])
  })

  it('can be muted while it plays', async () => {
    await capture.openRecording(file)
    const gain = FakeWorklet.last.connected[0] as { gain: { value: number } }
    expect(gain.gain.value).toBe(1)
    capture.muted.value = true
    await vi.waitFor(() => expect(gain.gain.value).toBe(0))
  })

  it('can be held, and is not woken meanwhile', async () => {
    await capture.openRecording(file)
    await capture.begin()
    const context = FakeContext.all[0]
    capture.pause(true)
    context?.onstatechange?.()
    expect(context?.state).toBe('suspended')
    capture.pause(false)
    expect(context?.state).toBe('running')
  })

  it('that cannot be read is refused in words, and lets the audio go', async () => {
    FakeContext.undecodable = true
    await expect(capture.openRecording(file)).rejects.toMatchObject({ code: 'recording-unreadable' })
    expect(FakeContext.all[0]?.state).toBe('closed')
  })
})
