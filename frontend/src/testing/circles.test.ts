// @vitest-environment node
import { readFileSync } from 'node:fs'
import { ESLint } from 'eslint'
import { expect, it } from 'vitest'

const lint = new ESLint({
  ruleFilter: ({ ruleId }) => ruleId === 'import-x/no-cycle',
  overrideConfig: { linterOptions: { reportUnusedDisableDirectives: 'off' } },
})

/** What the check for import circles says of a file with another line on top. */
async function reports(file: string, line = ''): Promise<unknown[]> {
  const [result] = await lint.lintText(`${line}\n${readFileSync(file, 'utf8')}`, { filePath: file })
  return result?.messages.map(({ ruleId }) => ruleId) ?? []
}

it('reports a circle through a component, and none that is not there', async () => {
  const circle = "import '../components/reading/NowPanel.vue'"
  expect(await reports('src/stores/speakers.ts')).toEqual([])
  expect(await reports('src/stores/speakers.ts', circle)).toEqual(['import-x/no-cycle'])
})
