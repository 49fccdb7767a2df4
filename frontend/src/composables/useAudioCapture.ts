import { useEventListener } from '@vueuse/core'
import { onScopeDispose, readonly, shallowRef, watch, type Ref } from 'vue'
import { openContext, openMicrophoneStream, type OpenContext } from '../audio/devices'
import { recordingPlayer, type RecordingPlayer } from '../audio/recordingPlayer'
import { Trouble } from '../trouble'

/** What the worklet posts; see public/audio-processor.js. */
interface ProcessorMessage {
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
  /** The microphone went away; null again once it is back. */
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

  function install({ context, input, every }: OpenContext<AudioNode>, stream: MediaStream | null, player: RecordingPlayer | null): void {
    const processor = new AudioWorkletNode(context, 'audio-processor', {
      processorOptions: { every },
      outputChannelCount: [1],
      channelCount: 1, // stereo is mixed down by the browser
      channelCountMode: 'explicit',
    })
    // Browsers run a node only when it leads somewhere; the microphone leads there at volume 0.
    const gain = new GainNode(context, { gain: stream || muted.value ? 0 : 1 })
    processor.connect(gain).connect(context.destination)
    processor.port.onmessage = ({ data }: MessageEvent<ProcessorMessage>) => {
      if (!data.pcm) return
      peak.value = data.peak ?? 0
      if (player) position.value = player.position()
      onFrame(new Int16Array(data.pcm))
    }
    graph = { context, processor, gain, input, stream, player, paused: false }
    context.onstatechange = wake
    source.value = stream ? 'microphone' : 'recording'
    duration.value = player?.duration ?? 0
    watchTrack(stream)
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

  async function reacquire(): Promise<void> {
    if (!interruption.value || !graph) return
    const [mine, lost] = [turn, graph]
    try {
      const stream = await openMicrophoneStream(device)
      if (mine !== turn) return stop(stream)
      const input = lost.context.createMediaStreamSource(stream)
      lost.input.disconnect()
      input.connect(lost.processor)
      Object.assign(lost, { input, stream })
      watchTrack(stream)
      interruption.value = null
    }
    catch {
      // Still away. The next change of devices tries again.
    }
  }
  if (navigator.mediaDevices) useEventListener(navigator.mediaDevices, 'devicechange', reacquire)

  const stop = (stream: MediaStream | null): void => stream?.getTracks().forEach(track => track.stop())

  async function openMicrophone(deviceId?: string): Promise<number> {
    await close()
    const mine = turn
    device = deviceId
    const stream = await openMicrophoneStream(deviceId)
    try {
      const opened = await openContext(fresh => fresh.createMediaStreamSource(stream))
      if (mine === turn) {
        install(opened, stream, null)
        return opened.rate
      }
      await opened.context.close()
    }
    catch (error) {
      stop(stream)
      throw error
    }
    stop(stream)
    throw new DOMException('closed meanwhile', 'AbortError')
  }

  async function openRecording(file: Blob): Promise<number> {
    await close()
    const mine = turn
    if (file.size > LONGEST_RECORDING) throw new Trouble('recording-too-long')
    const bytes = await file.arrayBuffer()
    const opened = await openContext(fresh => fresh.createGain())
    const { context, input } = opened
    let player: RecordingPlayer
    try {
      // Decodes WAV, MP3, FLAC … and brings it to the context's rate.
      const buffer = await context.decodeAudioData(bytes)
      player = recordingPlayer(context, input, buffer, () => mine === turn && onEnd())
    }
    catch {
      await context.close()
      throw new Trouble('recording-unreadable')
    }
    if (mine !== turn) {
      await context.close()
      throw new DOMException('closed meanwhile', 'AbortError')
    }
    install(opened, null, player)
    return opened.rate
  }

  async function begin(): Promise<void> {
    if (!graph) return
    const { context, input, processor, player } = graph
    await context.resume()
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
    source.value = null
    interruption.value = null
    peak.value = position.value = duration.value = 0
    if (!old) return
    old.player?.stop()
    old.context.onstatechange = null
    old.input.disconnect()
    await flush(old.processor)
    stop(old.stream)
    await old.context.close()
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
    interruption: readonly(interruption) as Readonly<Ref<Trouble | null>>,
    openMicrophone,
    openRecording,
    begin,
    pause,
    close,
  }
}
