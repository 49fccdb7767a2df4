import { Trouble } from '../server/trouble'

/** The recording that comes with the page. */
export async function fetchSample(): Promise<Blob> {
  const file = await fetch(`${import.meta.env.BASE_URL}sample.flac`).catch(() => null)
  if (!file?.ok) throw new Trouble('sample-missing')
  return file.blob()
}
