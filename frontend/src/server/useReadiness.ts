import { useEventListener, useIntervalFn } from '@vueuse/core'
import { computed, readonly, shallowRef, watch, type Ref } from 'vue'
import { checkReady } from './api'
import { Trouble, type TroubleCode } from './trouble'

const EVERY = 10_000
/** While people wait for it. */
const EVERY_WHILE_AWAY = 3000

/** Why nothing is read now. */
export type Hindrance = Extract<TroubleCode, 'offline' | 'server-away' | 'no-worker'>

export interface Readiness {
  /** What stands between the sound and its readings; null while nothing is known to. */
  hindrance: Readonly<Ref<Hindrance | null>>
  ready: Readonly<Ref<boolean>>
  /** Something came that only a worker can have said: no need to ask. */
  confirm: () => void
  /** Something came that only the server can have said. */
  answered: () => void
  /** A connection's state says the same: it opened, or was cut off. */
  follow: (connection: Readonly<Ref<string>>) => void
  /** There is reason to doubt: asks at once. */
  ask: () => Promise<void>
}

/** Asks the server now and then, while `active`, whether a worker is alive: acknowledged sound alone does not say so. */
export function useReadiness(active: Readonly<Ref<boolean>>): Readiness {
  const hindrance = shallowRef<Hindrance | null>(null)
  const ready = computed(() => hindrance.value === null)
  let asked = 0
  let known = 0 // the question whose answer, or more, is known

  async function ask(): Promise<void> {
    if (!active.value) return
    const mine = ++asked
    const answer = await checkReady().then(() => null, hindranceIn)
    // An answer that was overtaken, or that nobody waits for any longer, says nothing.
    if (mine <= known || !active.value) return
    known = mine
    hindrance.value = answer
  }

  function confirm(): void {
    known = asked
    hindrance.value = null
  }

  function answered(): void {
    if (hindrance.value === 'no-worker') return
    confirm()
    void ask()
  }

  function follow(connection: Readonly<Ref<string>>): void {
    watch(connection, state => {
      if (state === 'reconnecting') void ask()
      if (state === 'open') answered()
    })
  }

  const timer = useIntervalFn(
    () => void ask(),
    computed(() => (ready.value ? EVERY : EVERY_WHILE_AWAY)),
    { immediate: false },
  )
  useEventListener(window, ['offline', 'online'], () => void ask())
  watch(active, now => {
    if (now) {
      void ask()
      timer.resume()
    } else {
      timer.pause()
      confirm()
    }
  })
  return { hindrance: readonly(hindrance), ready, confirm, answered, follow, ask }
}

function hindranceIn(error: unknown): Hindrance {
  const code = error instanceof Trouble ? error.code : 'server-away'
  return code === 'offline' || code === 'no-worker' ? code : 'server-away'
}
