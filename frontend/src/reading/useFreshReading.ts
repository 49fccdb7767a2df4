import { useTimeoutFn } from '@vueuse/core'
import { readonly, shallowRef, watch, type Ref } from 'vue'
import type { LiveState } from '../contract/events'

/*
 * When a reading counts as current: it is about what was said last, and the voice goes on or has only just paused.
 *
 * It becomes so when it comes while at most BECOMES seconds of sound have gone by since its end. In unbroken speech
 * another comes each second; after a pause for breath the first takes some three seconds of speech, so that between
 * two sentences there are four or five without any. "Earlier" in each of those gaps would say that something changed
 * when nothing did. So it stays current for STAYS seconds of sound, unless nobody has spoken, or nothing was
 * understood, for DOUBTED of them: then nobody is to think that it is still about now.
 */

/** Seconds of sound since the end of what was read. */
const BECOMES = 2.5
const STAYS = 6
/** ms, the same where the sound cannot be counted: none comes any longer, or somebody else sends it. */
const STAYS_FOR = 1000 * STAYS
/** ms of quiet, unclear speech or falling behind that are more than a pause between sentences. */
const DOUBTED = 2000

export interface FreshReading {
  /** Whether the newest reading is about what is heard now. Once false, only another reading makes it true. */
  fresh: Readonly<Ref<boolean>>
  /** A reading of the sound up to `timestamp` came. */
  renew: (timestamp: number) => void
  /** What the worker hears now. */
  hear: (state: LiveState) => void
}

/**
 * How long a reading may be shown as current: while it is `trusted` that readings still come, and as said above.
 *
 * @param trusted everything that a reading needs is at work
 * @param heardSeconds sound of the session so far
 */
export function useFreshReading(trusted: Readonly<Ref<boolean>>, heardSeconds: Readonly<Ref<number>>): FreshReading {
  const fresh = shallowRef(false)
  let readUntil = 0
  let state: LiveState = 'listening'
  const patience = useTimeoutFn(expire, STAYS_FOR, { immediate: false })
  const doubt = useTimeoutFn(expire, DOUBTED, { immediate: false })

  function expire(): void {
    patience.stop()
    fresh.value = false
  }

  const holds = (): boolean => trusted.value && heardSeconds.value - readUntil <= (fresh.value ? STAYS : BECOMES)

  function renew(timestamp: number): void {
    readUntil = timestamp
    fresh.value = holds()
    if (!fresh.value) return patience.stop()
    patience.start()
    // The last words before a pause are read after it has begun.
    if (state !== 'listening' && !doubt.isPending.value) doubt.start()
  }

  function hear(now: LiveState): void {
    state = now
    if (now === 'listening') doubt.stop()
    else if (!doubt.isPending.value) doubt.start()
  }

  watch(
    [trusted, heardSeconds],
    () => {
      if (!trusted.value) hear('listening') // what the worker said last no longer counts
      if (fresh.value && !holds()) expire()
    },
    { flush: 'sync' },
  )

  return { fresh: readonly(fresh), renew, hear }
}
