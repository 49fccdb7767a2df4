import { useTimeoutFn } from '@vueuse/core'
import { readonly, shallowRef, watch, type Ref } from 'vue'

/** Seconds of further sound after which a reading is about what was said before. */
const FRESH_SECONDS = 2.5
/** ms, for when no further sound comes: a phone call, a sleeping computer. */
const FRESH_FOR = 3000

export interface FreshReading {
  /** Whether the newest reading is about what is heard now. Once false, only another reading makes it true. */
  fresh: Readonly<Ref<boolean>>
  /** A reading of the sound up to `timestamp` came. */
  renew: (timestamp: number) => void
  /** The voice that it was about is no longer heard, or no longer understood. */
  expire: () => void
}

/**
 * How long a reading may be shown as current: while it is `trusted` that readings still come, and not much sound has
 * gone by since.
 *
 * @param trusted everything that a reading needs is at work
 * @param heardSeconds sound of the session so far
 */
export function useFreshReading(trusted: Readonly<Ref<boolean>>, heardSeconds: Readonly<Ref<number>>): FreshReading {
  const fresh = shallowRef(false)
  let readUntil = 0
  const patience = useTimeoutFn(expire, FRESH_FOR, { immediate: false })

  function expire(): void {
    patience.stop()
    fresh.value = false
  }

  const holds = (): boolean => trusted.value && heardSeconds.value - readUntil <= FRESH_SECONDS

  function renew(timestamp: number): void {
    readUntil = timestamp
    fresh.value = holds()
    if (fresh.value) patience.start()
  }

  watch([trusted, heardSeconds], () => {
    if (fresh.value && !holds()) expire()
  }, { flush: 'sync' })

  return { fresh: readonly(fresh), renew, expire }
}
