import { v7, validate, version } from 'uuid'
import { z } from 'zod'

/** A new id: UUIDv7 (RFC 9562 §5.7), so that ids made later sort later. Made by whoever creates the thing, browser or server. */
export const newId = (): string => v7()

/** Accepts UUIDv7 in lower case only: one thing, one spelling. */
export const Id = z.string().length(36).refine(id => validate(id) && version(id) === 7 && id === id.toLowerCase(), 'must be a UUIDv7')
