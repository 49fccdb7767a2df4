import { backoff } from './composables/backoff'
import { Trouble } from './trouble'

const PASSES = new Set(['server-away', 'server-full'])

/**
 * Does `action`, again and again while the server is away or full and `wanted` says so.
 * Rejects with the last Trouble otherwise; `onAway` hears of each failure that is only a matter of waiting.
 */
export async function whileAway<T>(action: () => Promise<T>, wanted: () => boolean, onAway?: (trouble: Trouble) => void): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await action()
    }
    catch (error) {
      if (!wanted() || !(error instanceof Trouble) || !PASSES.has(error.code)) throw error
      onAway?.(error)
      await new Promise(resolve => setTimeout(resolve, backoff(attempt)))
      if (!wanted()) throw error
    }
  }
}
