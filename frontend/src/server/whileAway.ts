import { backoff } from './backoff'
import { PASSING, Trouble } from './trouble'

/**
 * Does `action`, again and again while the server is away or full and `wanted` says so; at once when the network is back.
 * Rejects with the last Trouble otherwise; `onAway` hears of each failure that is only a matter of waiting.
 */
export async function whileAway<T>(
  action: () => Promise<T>,
  wanted: () => boolean,
  onAway?: (trouble: Trouble) => void,
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await action()
    } catch (error) {
      if (!wanted() || !(error instanceof Trouble) || !PASSING.has(error.code)) throw error
      onAway?.(error)
      await sleepUntilOnline(backoff(attempt))
      if (!wanted()) throw error
    }
  }
}

/** As long as `ms`, less if the network comes back meanwhile. */
function sleepUntilOnline(ms: number): Promise<void> {
  return new Promise(resolve => {
    const wake = (): void => {
      clearTimeout(timer)
      removeEventListener('online', wake)
      resolve()
    }
    const timer = setTimeout(wake, ms)
    addEventListener('online', wake)
  })
}
