/** Milliseconds to wait before attempt 0, 1, 2 …: 0.5 s doubling to 5 s, spread so that pages do not return all at once. */
export function backoff(attempt: number): number {
  return Math.min(5000, 500 * 2 ** attempt) * (0.75 + Math.random() / 2)
}
