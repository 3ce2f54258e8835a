import type { H3Event } from 'h3'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../../../server/config.ts'
import { clientAddress, placeOf } from '../../../../server/utils/request.ts'

const from = (peer: string | undefined, forwarded: string | undefined, proxies = '') => clientAddress(
  { node: { req: { socket: { remoteAddress: peer }, headers: { 'x-forwarded-for': forwarded } } } } as unknown as H3Event,
  readConfig({ TRUSTED_PROXIES: proxies, NODE_ENV: 'production' }))

describe('the address of a visitor', () => {
  it('is the peer’s, whatever it says, unless the peer is a proxy of ours', () => {
    expect(from('203.0.113.9', '1.2.3.4')).toBe('203.0.113.9')
    expect(from('::ffff:203.0.113.9', undefined)).toBe('203.0.113.9')
    expect(from('10.0.0.2', '1.2.3.4', '10.0.0.0/8')).toBe('1.2.3.4')
  })

  it('is the last one that no proxy of ours wrote, so that one in front can’t be made up', () => {
    expect(from('10.0.0.2', '6.6.6.6, 1.2.3.4, 10.0.0.3', '10.0.0.0/8')).toBe('1.2.3.4')
    expect(from('10.0.0.2', '6.6.6.6, nonsense', '10.0.0.0/8')).toBe('unknown')
    expect(from('::1', '2001:db8::1', '::1')).toBe('2001:db8::1')
    expect(from(undefined, '1.2.3.4')).toBe('unknown')
    expect(from(undefined, '1.2.3.4', 'unix')).toBe('1.2.3.4')
  })

  it('counts a whole IPv6 network as one place', () => {
    expect(placeOf('2001:db8:1:2:3:4:5:6')).toBe(placeOf('2001:db8:1:2::1'))
    expect(placeOf('2001:db8:1:3::1')).not.toBe(placeOf('2001:db8:1:2::1'))
    expect(placeOf('203.0.113.9')).toBe('203.0.113.9')
  })
})
