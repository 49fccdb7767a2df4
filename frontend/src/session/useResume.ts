import { computed, watch, type ComputedRef, type Ref } from 'vue'
import { checkSession } from '../server/api'
import type { Trouble } from '../server/trouble'
import { whileAway } from '../server/whileAway'
import { useReadings, type Stored } from '../stores/readings'
import { useRestWhileHidden } from '../stream/useRestWhileHidden'
import type { ToneStream } from '../stream/useToneStream'
import type { Phase } from './statusLine'
import type { Turns, Wanted } from './turns'
import { useEarlierSession, type EarlierSession } from './useEarlierSession'
import { useSessionHold } from './useSessionHold'

/** The session that sound belongs to. */
export interface Joined {
  id: string
  /** Samples of it that the server already has. */
  from: number
  /** Id of the newest event that the page already shows; none in a new session. */
  after?: string
  /** No tone is inferred in it. */
  facts: boolean
  /** What is said in it is written down. */
  words: boolean
}

export interface ResumeOptions {
  phase: Readonly<Ref<Phase>>
  stream: Pick<ToneStream, 'open' | 'close' | 'rest' | 'refresh'>
  turns: Pick<Turns, 'present'>
  /** The server is away; what was asked for is tried again. */
  away: (trouble: Trouble) => void
}

export interface Resume extends Pick<EarlierSession, 'earlier' | 'remember' | 'forget'> {
  /** Another tab has the session that this one knows of: what is read there is shown here, too. */
  following: ComputedRef<boolean>
  /** Cut off by a reload, a discarded tab or a restarted browser; no tab has taken it over. */
  interrupted: ComputedRef<boolean>
  /** This tab has the session from now on, and finds it again after a reload. */
  take: (id: string) => void
  /** Another tab may have it. */
  release: () => void
  /** Asks again whether it still runs, and shows what was read of it. */
  look: () => Promise<void>
  /** Where its sound goes on, with its readings shown; null when it cannot. */
  rejoin: (sampleRate: number, wanted: Wanted) => Promise<Joined | null>
}

/** What becomes of a session that a reload cut off, or that another tab of this browser has. */
export function useResume({ phase, stream, turns, away }: ResumeOptions): Resume {
  const readings = useReadings()
  const hold = useSessionHold()
  const { earlier, open, remember, forget, look } = useEarlierSession(hold)
  const following = computed(() => phase.value === 'idle' && open.value && hold.elsewhere.value)
  const interrupted = computed(() => phase.value === 'idle' && open.value && !hold.elsewhere.value)

  /** What was read of it before the reload; null when it cannot be had, or is wanted no longer. */
  async function show(): Promise<Stored | null> {
    const [id, present] = [earlier.value, turns.present()]
    const wanted = (): boolean => present() && earlier.value === id
    const stored = await whileAway(() => readings.load(id, wanted), wanted).catch(() => null)
    return wanted() ? stored : null
  }

  async function rejoin(sampleRate: number, wanted: Wanted): Promise<Joined | null> {
    const id = earlier.value
    const { lastId } = await whileAway(() => readings.load(id, wanted), wanted, away)
    const state = await whileAway(() => checkSession(id), wanted, away)
    if (!state.running || state.sampleRate !== sampleRate) return null
    return { id, from: state.received, after: lastId, facts: state.facts, words: state.words }
  }

  useRestWhileHidden(stream, following)
  watch(following, async now => {
    if (!now) {
      if (phase.value === 'idle') stream.close()
      return
    }
    const stored = await show()
    if (stored && following.value) stream.open(earlier.value, stored.lastId)
  })
  if (earlier.value) void show()

  return {
    earlier,
    following,
    interrupted,
    remember,
    forget,
    take(id) {
      remember(id)
      hold.take(id)
    },
    release: hold.release,
    async look() {
      await Promise.all([look(), show()])
    },
    rejoin,
  }
}
