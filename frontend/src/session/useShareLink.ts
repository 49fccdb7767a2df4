import { readonly, shallowRef, watch, type Ref } from 'vue'
import { checkSession, shareSession, unshareSession } from '../server/api'
import { Trouble } from '../server/trouble'

export interface ShareLink {
  /** Id of the session's read-only link; empty while there is none. */
  linkId: Readonly<Ref<string>>
  /** What went wrong with the last wish; null when nothing did. */
  failed: Readonly<Ref<Trouble | null>>
  /** Asks whether there is one already, from before a reload. */
  look: () => Promise<void>
  make: () => Promise<void>
  /** Revokes the link; those who listen by it are cut off. */
  revoke: () => Promise<void>
}

/** The read-only link of one's own session. */
export function useShareLink(sessionId: Readonly<Ref<string>>): ShareLink {
  const linkId = shallowRef('')
  const failed = shallowRef<Trouble | null>(null)

  let turn = 0 // only the last wish's answer counts

  async function wish(asked: (id: string) => Promise<string>): Promise<void> {
    const mine = ++turn
    failed.value = null
    try {
      const answer = await asked(sessionId.value)
      if (mine === turn) linkId.value = answer
    } catch (error) {
      if (mine === turn) failed.value = error instanceof Trouble ? error : new Trouble('refused')
    }
  }

  watch(
    sessionId,
    () => {
      turn += 1
      linkId.value = ''
      failed.value = null
    },
    { flush: 'sync' },
  )

  return {
    linkId: readonly(linkId),
    failed: readonly(failed),
    look: () => wish(async id => (await checkSession(id)).linkId),
    make: () => wish(shareSession),
    revoke: () =>
      wish(async id => {
        await unshareSession(id)
        return ''
      }),
  }
}
