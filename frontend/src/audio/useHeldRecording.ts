import { readonly, shallowRef, watch, type Ref } from 'vue'
import type { AudioCapture } from './useAudioCapture'
import type { AudioSocket } from './useAudioSocket'

/** Seconds waiting to be sent at which a recording is held; it goes on when half of that is through. */
const HOLD_AT = 10

export interface HeldRecording {
  held: Readonly<Ref<boolean>>
  /** Another recording begins, or this one is over. */
  reset: () => void
}

/** Holds a recording back until the server has caught up. */
export function useHeldRecording(
  socket: Pick<AudioSocket, 'waitingSeconds'>,
  capture: Pick<AudioCapture, 'source' | 'pause'>,
  live: () => boolean,
): HeldRecording {
  const held = shallowRef(false)
  watch(socket.waitingSeconds, waiting => {
    if (capture.source.value !== 'recording' || !live()) return
    held.value = waiting > (held.value ? HOLD_AT / 2 : HOLD_AT)
    capture.pause(held.value)
  })
  return { held: readonly(held), reset: () => (held.value = false) }
}
