// @vitest-environment node
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterEach, expect, it } from 'vitest'
import { precompress } from '../precompress.ts'

const folders: string[] = []

afterEach(async () => {
  await Promise.all(folders.splice(0).map(folder => rm(folder, { recursive: true })))
})

/** A folder with these files, after the build has written them. */
async function built(files: Record<string, string>): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'linnet-build-'))
  folders.push(dir)
  await mkdir(join(dir, 'assets'))
  for (const [name, content] of Object.entries(files)) await writeFile(join(dir, name), content)
  const written = precompress().writeBundle as unknown as (options: { dir: string }) => Promise<void>
  await written({ dir })
  return dir
}

it('puts a copy of each encoding beside every text file', async () => {
  const script = 'tone("warm")\n'.repeat(100)
  const dir = await built({ 'assets/page-Ab12.js': script, 'index.html': script })
  for (const name of ['assets/page-Ab12.js', 'index.html']) {
    expect(brotliDecompressSync(await readFile(join(dir, `${name}.br`))).toString()).toBe(script)
    expect(gunzipSync(await readFile(join(dir, `${name}.gz`))).toString()).toBe(script)
    expect((await readFile(join(dir, name))).toString()).toBe(script)
  }
})

it('leaves alone what would not become smaller, and what is compressed already', async () => {
  const dir = await built({ 'tiny.txt': 'a', 'sample.flac': 'audio'.repeat(100), 'icon.png': 'image'.repeat(100) })
  expect((await readdir(dir)).sort()).toEqual(['assets', 'icon.png', 'sample.flac', 'tiny.txt'])
})
