/** The part of the session that a timeline shows. */

export interface Span {
  /** s of session audio. */
  from: number
  to: number
}

/** s; closer than that there is nothing more to see. */
const SHORTEST = 10

const within = (span: Span, whole: Span): Span => {
  const length = Math.min(span.to - span.from, whole.to - whole.from)
  const from = Math.min(Math.max(span.from, whole.from), whole.to - length)
  return { from, to: from + length }
}

/** Everything heard, with a little room behind the newest reading. */
export const wholeSpan = (newest: number): Span => ({ from: 0, to: Math.max(SHORTEST, newest + 1) })

/** Half or twice as much, say, around `at`. */
export function zoomed(span: Span, by: number, at: number, whole: Span): Span {
  const length = Math.max(SHORTEST, (span.to - span.from) * by)
  return within({ from: at - length / 2, to: at + length / 2 }, whole)
}

/** The same length, moved so far that `at` is inside, with some room around it. */
export function showing(span: Span, at: number, whole: Span): Span {
  const room = (span.to - span.from) * 0.1
  if (at >= span.from + room && at <= span.to - room) return within(span, whole)
  const length = span.to - span.from
  return within({ from: at - length / 2, to: at + length / 2 }, whole)
}

/** The same length, so many times itself further on. */
export function moved(span: Span, by: number, whole: Span): Span {
  const step = (span.to - span.from) * by
  return within({ from: span.from + step, to: span.to + step }, whole)
}
