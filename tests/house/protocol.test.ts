import { expect, it } from 'vitest'
import { ChangeCommand, Command, LiveEvent } from '../../shared/protocol.ts'
import { read } from './files.ts'

const table = (heading: string) => {
  const section = read('docs/protocol.md').split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  return [...section.matchAll(/^\| `([a-z.]+)` \|.*?(\| change )?\|$/gm)].map(([, type, change]) => ({ type: type!, change: Boolean(change) }))
}
const typesOf = (options: readonly { shape: { type: { value: string } } }[]) => options.map(option => option.shape.type.value)
const changes = typesOf(ChangeCommand.options)

it('docs/protocol.md lists every command and which of them change something', () => {
  const others = typesOf(Command.options.filter(option => 'shape' in option))
  const listed = table('Commands')
  expect(listed.map(row => row.type).toSorted()).toEqual([...changes, ...others].toSorted())
  expect(listed.filter(row => row.change).map(row => row.type).toSorted()).toEqual(changes.toSorted())
})

it('docs/protocol.md lists every event', () => {
  expect(table('Events').map(row => row.type).toSorted()).toEqual(typesOf(LiveEvent.options).toSorted())
})
