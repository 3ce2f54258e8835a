import { describe } from 'vitest'
import { searchContract } from '../contract/search.ts'
import { dialects } from '../support/database.ts'

describe.each(dialects)('search on %s', dialect => searchContract(dialect))
