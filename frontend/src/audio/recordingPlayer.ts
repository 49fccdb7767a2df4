/** Plays a decoded recording from any place. */

export interface RecordingPlayer {
  /** s */
  duration: number
  /** s played, of the recording's own time. */
  position: () => number
  /** Plays from there, 0 at first; what plays now ends without `onEnd`. */
  play: (from: number) => void
  /** To be at another place: plays from there if it plays, and otherwise once it does. */
  moveTo: (at: number) => void
  stop: () => void
}

/** Into `output`. A buffer source plays only once, so each start makes a new one. */
export function recordingPlayer(
  context: AudioContext,
  output: AudioNode,
  buffer: AudioBuffer,
  onEnd: () => void,
): RecordingPlayer {
  let playing: AudioBufferSourceNode | null = null
  let from = 0
  let startedAt = 0

  function stop(): void {
    if (!playing) return
    playing.onended = null
    playing.stop()
    playing.disconnect()
    playing = null
  }

  function play(at: number): void {
    stop()
    from = Math.min(Math.max(0, at), buffer.duration)
    startedAt = context.currentTime
    playing = context.createBufferSource()
    playing.buffer = buffer
    playing.onended = onEnd
    playing.connect(output)
    playing.start(0, from)
  }

  return {
    duration: buffer.duration,
    position: () => (playing ? Math.min(buffer.duration, from + context.currentTime - startedAt) : from),
    play,
    moveTo(at) {
      if (playing) play(at)
      else from = Math.min(Math.max(0, at), buffer.duration)
    },
    stop,
  }
}
