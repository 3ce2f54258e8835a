import { expect, it } from 'vitest'
import { ownPath } from '../../../utils/own-path.ts'

it('leads back to a path of our own', () => {
  expect(ownPath('/c/1?x=2#m-3')).toBe('/c/1?x=2#m-3')
})

it.each(['//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)', '/login?next=/', '', undefined, ['/a']])('never leads elsewhere: %s', (next) => {
  expect(ownPath(next)).toBe('/')
})

it('is not fooled by letters that a browser drops', () => {
  expect(ownPath('/\t/evil.example')).toBe('/')
})
