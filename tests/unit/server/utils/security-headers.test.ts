import { describe, expect, it } from 'vitest'
import { readConfig } from '../../../../server/config.ts'
import { addNonce, contentPolicy } from '../../../../server/utils/security-headers.ts'

const policy = (environment: Record<string, string> = {}, host = 'parley.example') =>
  Object.fromEntries(contentPolicy('abc', readConfig(environment), host).split('; ').map((rule) => {
    const [name = '', ...sources] = rule.split(' ')
    return [name, sources]
  }))

const s3 = { S3_ENDPOINT: 'http://minio:9000', S3_PUBLIC_ENDPOINT: 'https://media.example:9443/path', S3_BUCKET: 'b', S3_ACCESS_KEY: 'k', S3_SECRET_KEY: 's' }

describe('the content policy', () => {
  it('names no host but our own and the store’s, so that nothing can be sent anywhere else', () => {
    for (const [rules, allowed] of [[policy(), []], [policy(s3), ['https://media.example:9443/b/', 'https://media.example:9443/b']]] as const) {
      const hosts = Object.values(rules).flat().filter(source => /[.:]/.test(source) && !source.startsWith('\'') && !['blob:', 'data:'].includes(source))
      expect(new Set(hosts)).toEqual(new Set(['ws://parley.example', 'wss://parley.example', ...allowed]))
    }
    for (const directive of ['img-src', 'media-src', 'connect-src']) expect(policy(s3)[directive]).toContain('https://media.example:9443/b/')
    // A store's host holds the buckets of others as well, and their owners read what is asked of them.
    for (const sources of Object.values(policy(s3))) expect(sources).not.toContain('https://media.example:9443')
  })

  it('runs only scripts that carry the page’s nonce, and no document in a frame of another', () => {
    expect(policy()).toMatchObject({ 'object-src': [`'none'`], 'base-uri': [`'none'`], 'frame-ancestors': [`'none'`], 'script-src-attr': [`'none'`] })
    expect(policy()['script-src']).toEqual([`'nonce-abc'`, `'strict-dynamic'`, `'wasm-unsafe-eval'`])
    expect(policy()['script-src']).not.toContain(`'unsafe-inline'`)
  })

  it('asks for https only where people come by https', () => {
    expect(policy()).not.toHaveProperty('upgrade-insecure-requests')
    expect(policy({ PUBLIC_URL: 'https://parley.example' })).toHaveProperty('upgrade-insecure-requests')
  })

  it('takes no rule from a strange host header', () => {
    expect(contentPolicy('abc', readConfig({}), 'x; script-src *')).not.toContain('script-src *')
  })
})

describe('the nonce', () => {
  it('marks scripts, styles and preloads, once', () => {
    expect(addNonce('<script type="module" src="/a.js"></script><link rel="modulepreload" href="/b.js"><style>a{}</style>', 'n'))
      .toBe('<script nonce="n" type="module" src="/a.js"></script><link nonce="n" rel="modulepreload" href="/b.js"><style nonce="n">a{}</style>')
    expect(addNonce('<script nonce="x">1</script>', 'n')).toBe('<script nonce="x">1</script>')
    expect(addNonce('<scripty>', 'n')).toBe('<scripty>')
  })
})
