import { computed, type ComputedRef, type Ref } from 'vue'
import type { LiveStatus, ToneEvent } from '../contract/events'
import { useReadings } from '../stores/readings'
import { useFreshReading, type FreshReading } from './useFreshReading'
import { useLiveStatus, type LiveStatusView } from './useLiveStatus'

/** How many of the latest readings are shown beside the newest. */
export const HISTORY_LENGTH = 8

/** Everything of the panel that changes by itself. It changes together or not at all. */
export interface CurrentReading {
  tone: ToneEvent | null
  /** The reading is about what is heard now. */
  current: boolean
  /** Speech is heard now whose tone is not sure enough to be said. */
  unclear: boolean
}

export const NOTHING_READ: CurrentReading = { tone: null, current: false, unclear: false }

export interface CurrentReadingOptions {
  /** Readings of what is heard now can come. */
  trusted: Readonly<Ref<boolean>>
  /** Seconds of the session's sound so far. */
  heardSeconds: Readonly<Ref<number>>
  /** Of a session that is over since before a reload, nothing is now. */
  over: Readonly<Ref<boolean>>
}

export interface CurrentReadingView {
  reading: ComputedRef<CurrentReading>
  /** The latest readings, newest first. */
  history: ComputedRef<ToneEvent[]>
  /** What the worker said last, for people: quiet only once it has lasted. */
  settled: LiveStatusView['settled']
  /** A reading of the sound up to a timestamp came. */
  renew: FreshReading['renew']
  /** What the worker hears now. */
  hear: (status: LiveStatus) => void
  /** Another session begins. */
  reset: () => void
}

/** The newest reading, whether it is about what is heard now, and those before it. */
export function useCurrentReading({ trusted, heardSeconds, over }: CurrentReadingOptions): CurrentReadingView {
  const readings = useReadings()
  const { settled, hear: settle, reset } = useLiveStatus()
  const { fresh, renew, hear } = useFreshReading(trusted, heardSeconds)
  const history = computed(() => readings.all.slice(-HISTORY_LENGTH).reverse())
  const reading = computed(() => ({
    tone: over.value ? null : (history.value[0] ?? null),
    current: fresh.value,
    unclear: trusted.value && !fresh.value && settled.value?.state === 'unclear',
  }))
  return {
    reading,
    history,
    settled,
    renew,
    hear(status) {
      hear(status.state)
      settle(status)
    },
    reset,
  }
}
