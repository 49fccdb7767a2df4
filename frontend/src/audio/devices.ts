/** Opening the browser's audio, with its refusals turned into Troubles. */

import { Trouble, type TroubleCode } from '../server/trouble'
import processorUrl from './audio-processor.js?url'

/** Hz of every session, whatever the device has. What speech needs; a third of the bandwidth of 48 kHz. */
export const SPEECH_RATE = 16_000
const USUAL_RATES = [48_000, 44_100]

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
  } catch (error) {
    const name = error instanceof DOMException ? error.name : ''
    // The chosen one was unplugged since: any other is better than none.
    if (deviceId && name === 'OverconstrainedError') return openMicrophoneStream()
    throw new Trouble(REFUSALS[name] ?? 'microphone-busy')
  }
}

export interface OpenContext<Input> {
  context: AudioContext
  input: Input
  /** Gives SPEECH_RATE samples a second. */
  processor: AudioWorkletNode
}

/**
 * A context with the input that `connectable` makes in it, and the processor.
 * At 16 kHz if the browser resamples (Firefox does not for microphones), else at the device's own rate, which `stream` may know.
 * Closed again where it cannot be used.
 */
export async function openContext<Input extends AudioNode>(
  connectable: (context: AudioContext) => Input,
  stream?: MediaStream,
): Promise<OpenContext<Input>> {
  if (!window.isSecureContext) throw new Trouble('insecure-page')
  if (!('AudioWorkletNode' in window)) throw new Trouble('audio-unsupported')
  const own = stream?.getAudioTracks()[0]?.getSettings().sampleRate
  for (const sampleRate of [SPEECH_RATE, undefined, own, ...USUAL_RATES]) {
    let context: AudioContext | undefined
    try {
      context = new AudioContext(sampleRate ? { sampleRate } : {})
      const input = connectable(context)
      await context.audioWorklet.addModule(processorUrl)
      return { context, input, processor: makeProcessor(context) }
    } catch (error) {
      letGo(context)
      // It could not be fetched; another rate would not help.
      if (error instanceof DOMException && error.name === 'AbortError') throw new Trouble('page-incomplete')
    }
  }
  throw new Trouble('audio-unsupported')
}

function makeProcessor(context: AudioContext): AudioWorkletNode {
  return new AudioWorkletNode(context, 'audio-processor', {
    processorOptions: { rate: SPEECH_RATE },
    outputChannelCount: [1],
    channelCount: 1, // stereo is mixed down by the browser
    channelCountMode: 'explicit',
  })
}

/** Closes a context. Not awaited: without a sound output browsers may never be done with it. */
export function letGo(context: AudioContext | undefined): void {
  void context?.close().catch(() => undefined)
}

export const stopStream = (stream: MediaStream | null): void => stream?.getTracks().forEach(track => track.stop())
