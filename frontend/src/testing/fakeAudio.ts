/** As much of Web Audio as useAudioCapture touches. The test plays the worklet. */

export class FakeNode {
  connected: unknown[] = []
  connect(to: unknown): unknown {
    this.connected.push(to)
    return to
  }

  disconnect(): void {
    this.connected = []
  }
}

export class FakeBufferSource extends FakeNode {
  static last: FakeBufferSource
  buffer: unknown = null
  /** Where in the recording it was started; null before. */
  startedAt: number | null = null
  stopped = false
  onended: (() => void) | null = null
  start(_when: number, at: number): void {
    this.startedAt = at
  }

  stop(): void {
    this.stopped = true
  }
}

export class FakeGain extends FakeNode {
  gain: { value: number }
  constructor(_context: unknown, { gain }: { gain: number }) {
    super()
    this.gain = { value: gain }
  }
}

export class FakeWorklet extends FakeNode {
  static last: FakeWorklet
  port = Object.assign(new EventTarget(), {
    onmessage: null as ((event: { data: object }) => void) | null,
    postMessage: (message: { flush?: boolean }): void => {
      if (!message.flush) return
      if (this.rest) this.posts({ pcm: this.rest.buffer, peak: 0.1 })
      this.port.dispatchEvent(new MessageEvent('message', { data: { flushed: true } }))
    },
  })

  /** What the worklet still has when it is asked to flush. */
  rest: Int16Array | null = null

  constructor(_context: unknown, _name: string, readonly options: object) {
    super()
    FakeWorklet.last = this
  }

  posts(data: object): void {
    this.port.onmessage?.({ data })
  }
}

export class FakeContext {
  static all: FakeContext[] = []
  static deviceRate = 44_100
  /** As Firefox: a microphone joins only a context of its own rate. */
  static refusesOtherRates = false
  static undecodable = false

  readonly sampleRate: number
  currentTime = 0
  state = 'suspended'
  destination = new FakeNode()
  onstatechange: (() => void) | null = null
  audioWorklet = { addModule: async (): Promise<void> => undefined }

  constructor(options: { sampleRate?: number } = {}) {
    this.sampleRate = options.sampleRate ?? FakeContext.deviceRate
    FakeContext.all.push(this)
  }

  createMediaStreamSource(): FakeNode {
    if (FakeContext.refusesOtherRates && this.sampleRate !== FakeContext.deviceRate) throw new DOMException('rates', 'NotSupportedError')
    return new FakeNode()
  }

  createGain(): FakeGain {
    return new FakeGain(this, { gain: 1 })
  }

  createBufferSource(): FakeBufferSource {
    return (FakeBufferSource.last = new FakeBufferSource())
  }

  async decodeAudioData(): Promise<object> {
    if (FakeContext.undecodable) throw new DOMException('no', 'EncodingError')
    return { duration: 60 }
  }

  async resume(): Promise<void> {
    this.state = 'running'
  }

  async suspend(): Promise<void> {
    this.state = 'suspended'
  }

  async close(): Promise<void> {
    this.state = 'closed'
  }
}

export class FakeTrack {
  stopped = false
  onended: (() => void) | null = null
  stop(): void {
    this.stopped = true
  }
}

export class FakeStream {
  track = new FakeTrack()
  getAudioTracks = (): FakeTrack[] => [this.track]
  getTracks = (): FakeTrack[] => [this.track]
}

/** Replaces the browser's audio; undone by vi.unstubAllGlobals. */
export function installFakeAudio(stub: (name: string, value: unknown) => void): {
  devices: EventTarget & { getUserMedia: () => Promise<FakeStream> }
  streams: FakeStream[]
} {
  FakeContext.all = []
  FakeContext.deviceRate = 44_100
  FakeContext.refusesOtherRates = false
  FakeContext.undecodable = false
  const streams: FakeStream[] = []
  const devices = Object.assign(new EventTarget(), {
    getUserMedia: async () => {
      const stream = new FakeStream()
      streams.push(stream)
      return stream
    },
  })
  stub('AudioContext', FakeContext)
  stub('AudioWorkletNode', FakeWorklet)
  stub('AudioBufferSourceNode', FakeBufferSource)
  stub('GainNode', FakeGain)
  stub('isSecureContext', true)
  Object.defineProperty(navigator, 'mediaDevices', { value: devices, configurable: true })
  return { devices, streams }
}
