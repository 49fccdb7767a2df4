/** The address under which a shared session is read. Its id stands in the fragment, which browsers send to no server. */

const FRAGMENT = /^#listen=(\d{1,5}-r[0-9a-f]{32})$/

/** The link's id in `location.hash`; empty when there is none. */
export const linkIn = (hash: string): string => FRAGMENT.exec(hash)?.[1] ?? ''

/** The address is that of a link, whole or not. */
export const isLink = (hash: string): boolean => hash.startsWith('#listen')

export const listenAddress = (linkId: string, page = document.baseURI): string => new URL(`./#listen=${linkId}`, page).href

/** The address names only the very computer that it is opened on. */
export const onlyHere = (host = location.hostname): boolean => /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(host)
