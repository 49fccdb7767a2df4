import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'
import type { Plugin } from 'vite'

const CODINGS = {
  '.br': promisify(brotliCompress), // at its best level by default
  '.gz': (content: Buffer): Promise<Buffer> => promisify(gzip)(content, { level: 9 }),
}
const TEXT = /\.(css|html|js|svg|txt|webmanifest)$/

/** Puts a brotli and a gzip copy beside each text file of the build, if it is smaller. gateway/edge/page.py sends them. */
export function precompress(): Plugin {
  return {
    name: 'precompress',
    apply: 'build',
    async writeBundle({ dir }) {
      if (dir === undefined) throw new Error('precompress needs a build into a folder: set build.outDir.')
      const names = await readdir(dir, { recursive: true })
      await Promise.all(names.filter(name => TEXT.test(name)).map(name => compress(join(dir, name))))
    },
  }
}

async function compress(path: string): Promise<void> {
  const content = await readFile(path)
  for (const [suffix, smaller] of Object.entries(CODINGS)) {
    const packed = await smaller(content)
    if (packed.length < content.length) await writeFile(path + suffix, packed)
  }
}
