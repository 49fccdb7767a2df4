import { useEventListener } from '@vueuse/core'
import { onScopeDispose, readonly, shallowRef, watch, type Ref } from 'vue'
import { letGo, openContext, openMicrophoneStream, SPEECH_RATE, stopStream, type OpenContext } from './devices'
import { recordingPlayer, type RecordingPlayer } from './recordingPlayer'
import { Trouble } from '../server/trouble'

/** What the worklet posts; see audio/audio-processor.js. */
interface ProcessorMessage {
  started?: true
  pcm?: ArrayBuffer
  peak?: number
  flushed?: true
}

/** Everything that sounds and must be let go together. */
interface Graph {
  context: AudioContext
  processor: AudioWorkletNode
  gain: GainNode
  input: AudioNode
  /** The microphone's stream; a recording has none. */
  stream: MediaStream | null
  /** The recording; a microphone has none. */
  player: RecordingPlayer | null
  /** Stopped by intent, not by the browser. */
  paused: boolean
  /** Sound may flow. */
  begun: boolean
}

export interface CaptureHandlers {
  /** 100 ms of audio, less at the end. */
  onFrame: (pcm: Int16Array<ArrayBuffer>) => void
  /** A recording was played to its end. */
  onEnd: () => void
}

export interface AudioCapture {
  /** Where sound comes from now. */
  source: Readonly<Ref<'microphone' | 'recording' | null>>
  /** Peak of the last 100 ms, 0…1. */
  peak: Readonly<Ref<number>>
  /** s of the recording that were played, and how long it is; 0 for a microphone. */
  position: Readonly<Ref<number>>
  duration: Readonly<Ref<number>>
  /** Plays the recording from another place, in s of its own time. The session's sound simply goes on. */
  seek: (at: number) => void
  /** Whether a recording is played without being heard. */
  muted: Ref<boolean>
  /** The microphone went away, or no sound comes; null again once it is back. */
  interruption: Readonly<Ref<Trouble | null>>
  /** Asks for the microphone; resolves with the session's sample rate. Sound flows after `begin`. */
  openMicrophone: (deviceId?: string) => Promise<number>
  /** Reads a recording; resolves with the session's sample rate. Sound flows after `begin`. */
  openRecording: (file: Blob) => Promise<number>
  begin: () => Promise<void>
  /** Holds a recording, for example until the server has caught up. */
  pause: (held: boolean) => void
  /** Stops; what was collected last comes through `onFrame` before it resolves. */
  close: () => Promise<void>
}

const LONGEST_RECORDING = 300 * 1024 * 1024
const FLUSH_PATIENCE = 500
/** ms in which the browser has to give the microphone, and then sound has to begin. */
const STARTS_WITHIN = 10_000

/** Browsers without any sound output may leave a context suspended, and never say so. */
function inTime(resumed: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Trouble('sound-stuck')), STARTS_WITHIN)
    resumed.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** The stream's sound in the context; null where the context does not take it: Firefox, where its rate is another. */
function sourceIn(context: AudioContext, stream: MediaStream): AudioNode | null {
  try {
    return context.createMediaStreamSource(stream)
  } catch {
    return null
  }
}

/** Sound from the microphone or a recording, in real time, as 16-bit frames. */
export function useAudioCapture({ onFrame, onEnd }: CaptureHandlers): AudioCapture {
  const source = shallowRef<'microphone' | 'recording' | null>(null)
  const peak = shallowRef(0)
  const position = shallowRef(0)
  const duration = shallowRef(0)
  const muted = shallowRef(false)
  const interruption = shallowRef<Trouble | null>(null)

  let graph: Graph | null = null
  let device: string | undefined
  let turn = 0 // tells a slow "open" that it was closed meanwhile
  let silence: ReturnType<typeof setTimeout> | undefined

  function build(
    { context, input, processor }: OpenContext<AudioNode>,
    stream: MediaStream | null,
    player: RecordingPlayer | null,
  ): Graph {
    // Browsers run a node only when it leads somewhere; the microphone leads there at volume 0.
    const gain = new GainNode(context, { gain: stream || muted.value ? 0 : 1 })
    processor.connect(gain).connect(context.destination)
    processor.port.onmessage = ({ data }: MessageEvent<ProcessorMessage>) => {
      sounds()
      if (!data.pcm) return
      peak.value = data.peak ?? 0
      if (player) position.value = player.position()
      onFrame(new Int16Array(data.pcm))
    }
    context.onstatechange = wake
    return { context, processor, gain, input, stream, player, paused: false, begun: false }
  }

  function install(built: Graph): void {
    graph = built
    source.value = built.stream ? 'microphone' : 'recording'
    duration.value = built.player?.duration ?? 0
    watchTrack(built.stream)
  }

  /** Phones suspend audio, for a call or in the background; it goes on as soon as they let it. */
  function wake(): void {
    if (graph && !graph.paused && graph.context.state !== 'running' && graph.context.state !== 'closed') {
      void graph.context.resume().catch(() => undefined)
    }
  }
  useEventListener(document, 'visibilitychange', wake)

  function watchTrack(stream: MediaStream | null): void {
    const track = stream?.getAudioTracks()[0]
    if (!track) return
    track.onended = () => {
      interruption.value = new Trouble('microphone-lost')
      peak.value = 0
    }
  }

  /** Sound comes, or the processor's word that it runs. */
  function sounds(): void {
    clearTimeout(silence)
    if (interruption.value?.code === 'sound-stuck') interruption.value = null
  }

  let [reacquiring, again] = [false, false]

  /** One at a time: devices change in bursts. */
  async function reacquire(): Promise<void> {
    again = reacquiring
    if (reacquiring || !interruption.value || !graph?.stream) return
    reacquiring = true
    do {
      again = false
      await replaceMicrophone(graph)
    } while (again && interruption.value && graph)
    reacquiring = false
  }
  if (navigator.mediaDevices) useEventListener(navigator.mediaDevices, 'devicechange', () => void reacquire())

  /** The session goes on with whichever microphone there is now. */
  async function replaceMicrophone(lost: Graph): Promise<void> {
    const mine = turn
    const stream = await openMicrophoneStream(device).catch(() => null)
    if (!stream) return // Still away. The next change of devices tries again.
    try {
      const input = mine === turn ? sourceIn(lost.context, stream) : null
      if (input) renew(lost, input, stream)
      else await goOnIn(lost, await openContext(fresh => fresh.createMediaStreamSource(stream), stream), stream, mine)
      if (graph?.stream !== stream) return stopStream(stream)
      watchTrack(stream)
      interruption.value = null
    } catch {
      stopStream(stream)
    }
  }

  function renew(lost: Graph, input: AudioNode, stream: MediaStream): void {
    lost.input.disconnect()
    stopStream(lost.stream)
    if (lost.begun) input.connect(lost.processor)
    Object.assign(lost, { input, stream })
  }

  async function goOnIn(lost: Graph, opened: OpenContext<AudioNode>, stream: MediaStream, mine: number): Promise<void> {
    if (mine !== turn) return letGo(opened.context)
    const fresh = (graph = build(opened, stream, null))
    await release(lost) // what it still has comes before the other's first sound
    if (mine === turn && lost.begun) await start(fresh)
  }

  /** Begins to open: closes what was open. A close from now on cancels it. */
  async function closed(): Promise<() => boolean> {
    const closing = close()
    const mine = turn
    await closing
    return () => mine === turn
  }

  const cancelled = (): DOMException => new DOMException('closed meanwhile', 'AbortError')

  async function openMicrophone(deviceId?: string): Promise<number> {
    const wanted = await closed()
    if (!wanted()) throw cancelled()
    device = deviceId
    const stream = await askFor(deviceId)
    try {
      if (!wanted()) throw cancelled()
      const opened = await openContext(fresh => fresh.createMediaStreamSource(stream), stream)
      takeOver(wanted, opened, () => build(opened, stream, null))
    } catch (error) {
      stopStream(stream)
      throw error
    }
    return SPEECH_RATE
  }

  /** The microphone, which people may have to allow first. */
  async function askFor(deviceId?: string): Promise<MediaStream> {
    const mine = turn
    const asked = setTimeout(() => mine === turn && (interruption.value = new Trouble('microphone-asked')), STARTS_WITHIN)
    const stream = await openMicrophoneStream(deviceId).finally(() => clearTimeout(asked))
    if (mine === turn) interruption.value = null
    return stream
  }

  async function openRecording(file: Blob): Promise<number> {
    const wanted = await closed()
    if (file.size > LONGEST_RECORDING) throw new Trouble('recording-too-long')
    const bytes = await file.arrayBuffer()
    if (!wanted()) throw cancelled()
    const opened = await openContext(fresh => fresh.createGain())
    const { context, input } = opened
    // Decodes WAV, MP3, FLAC … and brings it to the context's rate.
    const buffer = await context.decodeAudioData(bytes).catch(() => {
      letGo(context)
      throw new Trouble('recording-unreadable')
    })
    takeOver(wanted, opened, () =>
      build(
        opened,
        null,
        recordingPlayer(context, input, buffer, () => wanted() && onEnd()),
      ),
    )
    return SPEECH_RATE
  }

  /** Makes what was opened the present graph, or lets its context go. */
  function takeOver(wanted: () => boolean, { context }: OpenContext<AudioNode>, make: () => Graph): void {
    try {
      if (!wanted()) throw cancelled()
      install(make())
    } catch (error) {
      letGo(context)
      throw error
    }
  }

  async function begin(): Promise<void> {
    if (!graph) return
    graph.begun = true
    await start(graph)
  }

  async function start(started: Graph): Promise<void> {
    const { context, input, processor, player } = started
    await inTime(context.resume())
    if (graph !== started) return
    clearTimeout(silence)
    silence = setTimeout(() => (interruption.value ??= new Trouble('sound-stuck')), STARTS_WITHIN)
    input.connect(processor)
    player?.play(player.position())
  }

  function pause(held: boolean): void {
    if (!graph || graph.paused === held) return
    graph.paused = held
    void (held ? graph.context.suspend() : graph.context.resume())
  }

  function seek(at: number): void {
    graph?.player?.moveTo(at)
    position.value = graph?.player?.position() ?? 0
  }

  watch(muted, silent => {
    if (graph && !graph.stream) graph.gain.gain.value = silent ? 0 : 1
  })

  async function close(): Promise<void> {
    turn += 1
    const old = graph
    graph = null
    clearTimeout(silence)
    source.value = null
    interruption.value = null
    peak.value = position.value = duration.value = 0
    if (old) await release(old)
  }

  /** Lets go of all that a graph holds; what it collected last comes through `onFrame` before it resolves. */
  async function release({ context, input, processor, stream, player }: Graph): Promise<void> {
    stopStream(stream)
    context.onstatechange = null
    player?.stop()
    input.disconnect()
    await flush(processor)
    letGo(context)
  }

  /** Brings home the last, partial chunk. */
  function flush(processor: AudioWorkletNode): Promise<void> {
    return new Promise(resolve => {
      const patience = setTimeout(resolve, FLUSH_PATIENCE)
      processor.port.addEventListener('message', ({ data }: MessageEvent<ProcessorMessage>) => {
        if (!data.flushed) return
        clearTimeout(patience)
        resolve()
      })
      processor.port.postMessage({ flush: true })
    })
  }

  onScopeDispose(() => void close())

  return {
    source: readonly(source),
    peak: readonly(peak),
    position: readonly(position),
    duration: readonly(duration),
    seek,
    muted,
    interruption: readonly(interruption),
    openMicrophone,
    openRecording,
    begin,
    pause,
    close,
  }
}
