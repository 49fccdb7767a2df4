import type { Trouble } from '../server/trouble'
import { t } from '.'

/** The message for a trouble, with the server's own sentence where it has one. */
export const sentenceOf = ({ code, detail }: Pick<Trouble, 'code' | 'detail'>): string =>
  detail ? `${t.troubles[code]} ${t.serverSays(detail)}` : t.troubles[code]
