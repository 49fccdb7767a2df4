/** Opening the browser's audio, with its refusals turned into Troubles. */

import { Trouble, type TroubleCode } from '../trouble'

/** What speech needs; a third of the bandwidth of 48 kHz. */
const SPEECH_RATE = 16_000
const HIGHEST_RATE = 48_000

const REFUSALS: Record<string, TroubleCode> = {
  NotAllowedError: 'microphone-denied',
  SecurityError: 'microphone-denied',
  NotFoundError: 'microphone-missing',
  OverconstrainedError: 'microphone-missing',
  NotReadableError: 'microphone-busy',
  AbortError: 'microphone-busy',
}

export async function openMicrophoneStream(deviceId?: string): Promise<MediaStream> {
  if (!window.isSecureContext) throw new Trouble('insecure-page')
  if (!navigator.mediaDevices) throw new Trouble('audio-unsupported')
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: {
        channelCount: 1,
        // These make speech clearer by flattening what tone is made of: loudness, and the voice's quiet edges.
        echoCancellation: false,
        noiseSuppression: false,
        autoGainControl: false,
        ...(deviceId ? { deviceId: { exact: deviceId } } : {}),
      },
    })
  }
  catch (error) {
    const name = error instanceof DOMException ? error.name : ''
    // The chosen one was unplugged since: any other is better than none.
    if (deviceId && name === 'OverconstrainedError') return openMicrophoneStream()
    throw new Trouble(REFUSALS[name] ?? 'microphone-busy')
  }
}

export interface OpenContext<Input> {
  context: AudioContext
  input: Input
  /** So many samples become one, so that `rate` is one that the server takes. */
  every: number
  /** Samples a second that the processor gives. */
  rate: number
}

/**
 * A context with the processor loaded, and the input that `connectable` makes in it.
 * At 16 kHz if the browser resamples (Firefox does not for microphones), else at the device's own rate.
 */
export async function openContext<Input extends AudioNode>(
  connectable: (context: AudioContext) => Input,
): Promise<OpenContext<Input>> {
  if (!window.isSecureContext) throw new Trouble('insecure-page')
  if (!('AudioWorkletNode' in window)) throw new Trouble('audio-unsupported')
  for (const options of [{ sampleRate: SPEECH_RATE }, {}]) {
    let context: AudioContext | undefined
    try {
      context = new AudioContext(options)
      const input = connectable(context)
      await context.audioWorklet.addModule(`${import.meta.env.BASE_URL}audio-processor.js`)
      const every = Math.ceil(context.sampleRate / HIGHEST_RATE)
      return { context, input, every, rate: Math.round(context.sampleRate / every) }
    }
    catch {
      await context?.close()
    }
  }
  throw new Trouble('audio-unsupported')
}
