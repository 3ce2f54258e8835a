import { expect, test } from 'vitest'
import { readTable } from '../../../utils/table.ts'

test('reads cells between commas, semicolons or tabs, whichever the first line has most of', () => {
  expect(readTable('a,b\n1,2\n', 10)).toEqual([['a', 'b'], ['1', '2']])
  expect(readTable('a;b, c\r\n1;2,5\r\n', 10)).toEqual([['a', 'b, c'], ['1', '2,5']])
  expect(readTable('a\tb\n1\t', 10)).toEqual([['a', 'b'], ['1', '']])
})

test('takes quotes as RFC 4180 has them: separators, line ends and doubled quotes inside', () => {
  expect(readTable('name,said\n"Lovelace, Ada","first ""line""\nsecond"\n', 10)).toEqual([['name', 'said'], ['Lovelace, Ada', 'first "line"\nsecond']])
  expect(readTable('5" disk,x\n', 10)).toEqual([['5" disk', 'x']])
})

test('leaves empty lines out, stops at the limit, and makes something of anything', () => {
  expect(readTable('a,b\n\n1,2\n3,4', 2)).toEqual([['a', 'b'], ['1', '2']])
  expect(readTable('a,"never ends\n1,2', 10)).toEqual([['a', 'never ends\n1,2']])
  expect(readTable('', 10)).toEqual([])
})
