import { useWakeLock } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, shallowRef, watch } from 'vue'
import { useCurrentReading } from '../reading/useCurrentReading'
import { useMeasured } from '../reading/useMeasured'
import { useNotices } from '../session/useNotices'
import { useReadiness } from '../server/useReadiness'
import { useRestWhileHidden } from '../stream/useRestWhileHidden'
import { useSessionEvents } from '../session/useSessionEvents'
import { useToneStream } from '../stream/useToneStream'
import { statusLine } from '../session/statusLine'
import { t } from '../strings'
import { Trouble } from '../server/trouble'
import { whileAway } from '../server/whileAway'
import { useCaptions } from './captions'
import { useReadings, type Stored } from './readings'

/** Somebody else's session, read by its link: what was said so far, then what comes. Sends nothing. */
export const useSharedSession = defineStore('shared', () => {
  const phase = shallowRef<'starting' | 'live' | 'ended'>('starting')
  const ownTrouble = shallowRef<Trouble | null>(null)
  const readings = useReadings()
  const captions = useCaptions()

  const messages = useNotices()
  const { notices, dismiss } = messages
  const stream = useToneStream(event => receive(event))
  const wakeLock = useWakeLock()
  const readiness = useReadiness(computed(() => phase.value === 'live'))

  const trusted = computed(() => phase.value === 'live' && stream.state.value === 'open' && readiness.ready.value)
  // How much was heard since, only the sender knows: a reading is current for its time alone.
  const current = useCurrentReading({ trusted, heardSeconds: shallowRef(0), over: shallowRef(false) })
  const { reading, history, settled } = current
  const { measuring, measured, measuredCurrent } = useMeasured(shallowRef(false), trusted, settled)
  const captioned = computed(() => captions.any)
  /** The link does not work: it was revoked, is not whole, or the session is no longer there. */
  const gone = computed(() => ownTrouble.value?.code === 'link-unknown' || ownTrouble.value?.code === 'link-broken')
  const trouble = computed(() => ownTrouble.value ?? (readiness.hindrance.value && new Trouble(readiness.hindrance.value)))
  const status = computed(() => {
    // Nobody has said yet whether anything is heard.
    if (trusted.value && !settled.value) return t.share.waiting
    return statusLine({
      phase: phase.value,
      source: null,
      socket: 'open',
      stream: stream.state.value,
      hindrance: readiness.hindrance.value,
      live: settled.value,
      lagSeconds: 0,
      droppedSeconds: 0,
      unsentSeconds: 0,
      elsewhere: false,
      held: false,
      noSound: false,
    })
  })

  const receive = useSessionEvents({
    readiness,
    current,
    notices: messages,
    onEnd: () => over(),
  })

  /** Reads the session from its beginning, then live. */
  async function open(linkId: string): Promise<void> {
    if (!linkId) return finish(new Trouble('link-broken'))
    let stored: Stored
    try {
      stored = await whileAway(
        () => readings.load(linkId),
        () => phase.value === 'starting',
        trouble => (ownTrouble.value = trouble),
      )
    } catch (error) {
      const unknown = error instanceof Trouble && error.code === 'session-unknown'
      return finish(unknown ? new Trouble('link-unknown') : error instanceof Trouble ? error : new Trouble('refused'))
    }
    ownTrouble.value = null
    if (stored.ended) return over()
    phase.value = 'live'
    stream.open(linkId, stored.lastId)
    if (wakeLock.isSupported.value) void wakeLock.request('screen').catch(() => undefined)
  }

  function over(): void {
    finish()
    messages.notify(t.share.over)
  }

  function finish(because: Trouble | null = null): void {
    phase.value = 'ended'
    ownTrouble.value = because
    stream.close()
    captions.hush()
    void wakeLock.release().catch(() => undefined)
  }

  useRestWhileHidden(
    stream,
    computed(() => true),
  )
  watch(stream.heldBack, now => now && messages.notify(t.notices.heldBack, 'held-back'))
  readiness.follow(stream.state)
  // Whoever shared it wants it to be read no longer: what stands here goes too.
  watch(stream.state, state => {
    if (state !== 'gone') return
    finish(new Trouble('link-unknown'))
    readings.clear()
    messages.clear()
  })

  return {
    phase,
    reading,
    history,
    measuring,
    measured,
    measuredCurrent,
    captioned,
    notices,
    status,
    trouble,
    gone,
    open,
    dismiss,
  }
})
