/** As much of Web Audio as useAudioCapture touches. The test plays the worklet. */

export class FakeNode {
  connected: unknown[] = []
  connect(to: unknown): unknown {
    this.connected.push(to)
    if (to instanceof FakeWorklet && to.context.state === 'running' && FakeContext.gives) to.posts({ started: true })
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

  constructor(
    readonly context: FakeContext,
    _name: string,
    readonly options: object,
  ) {
    super()
    if (FakeContext.workletFails) throw new DOMException('no', 'InvalidStateError')
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
  static workletFails = false
  /** Without any sound output: a context never runs. */
  static neverRuns = false
  /** Whether sound comes once a context runs. */
  static gives = true
  /** What happens while the processor is fetched. */
  static whileLoading: () => Promise<void> = async () => undefined

  readonly sampleRate: number
  currentTime = 0
  state = 'suspended'
  destination = new FakeNode()
  onstatechange: (() => void) | null = null
  audioWorklet = { addModule: (): Promise<void> => FakeContext.whileLoading() }

  constructor(options: { sampleRate?: number } = {}) {
    this.sampleRate = options.sampleRate ?? FakeContext.deviceRate
    FakeContext.all.push(this)
  }

  createMediaStreamSource(stream: FakeStream): FakeNode {
    if (FakeContext.refusesOtherRates && this.sampleRate !== stream.rate) throw new DOMException('rates', 'NotSupportedError')
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

  resume(): Promise<void> {
    if (FakeContext.neverRuns) return new Promise(() => undefined)
    this.state = 'running'
    return Promise.resolve()
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

  /** The device was unplugged. */
  ends(): void {
    this.stopped = true
    this.onended?.()
  }

  getSettings = (): object => ({})
}

export class FakeStream {
  track = new FakeTrack()
  /** Hz of the device. */
  readonly rate = FakeContext.deviceRate
  getAudioTracks = (): FakeTrack[] => [this.track]
  getTracks = (): FakeTrack[] => [this.track]
}

/** Replaces the browser's audio; undone by vi.unstubAllGlobals. */
export function installFakeAudio(stub: (name: string, value: unknown) => void): {
  devices: EventTarget & { getUserMedia: () => Promise<FakeStream> }
  streams: FakeStream[]
  /** Of all that were opened, how many microphones and contexts are open. */
  open: () => { microphones: number; contexts: number }
} {
  FakeContext.workletFails = FakeContext.neverRuns = false
  FakeContext.gives = true
  FakeContext.whileLoading = async () => undefined
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
  const open = (): { microphones: number; contexts: number } => ({
    microphones: streams.filter(({ track }) => !track.stopped).length,
    contexts: FakeContext.all.filter(({ state }) => state !== 'closed').length,
  })
  return { devices, streams, open }
}
