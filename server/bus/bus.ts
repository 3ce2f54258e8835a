/**
 * The bus seam: carries news between processes, never truth. Any message may be lost or come twice; whoever listens
 * must be able to learn the same from the database. Messages of one publisher arrive in order.
 * Proved by tests/contract/bus.ts.
 */
import type { Delta } from '../../shared/protocol.ts'

export type News =
  /** Pieces of replies, in order within each reply. */
  | { type: 'deltas', deltas: Delta[] }
  /** Something in a conversation was committed as `seq`. */
  | { type: 'changed', conversationId: string, userId: string, seq: number }
  | { type: 'deleted', conversationId: string, userId: string }
  /** Whoever writes this reply must end its model call now. */
  | { type: 'stop', messageId: string }
  /** Places in the queue of a model may have changed. */
  | { type: 'queue', model: string }
  | { type: 'media', mediaId: string, userId: string, conversationId: string | null }
  | { type: 'presence', conversationId: string, userId: string }
  | { type: 'session.ended', sessionId: string }
  | { type: 'user.ended', userId: string }
  | { type: 'workers' }

export interface Bus {
  /** Resolves when the news has left this process. Never throws for what the database tells anyway: a loss is logged. */
  publish(news: News): Promise<void>
  subscribe(listener: (news: News) => void): () => void
  /** Called when news may have been missed (the line was cut and is back): everyone re-reads. */
  onGap(listener: () => void): () => void
  /** Resolves when `subscribe`d listeners really receive. */
  ready: Promise<void>
  close(): Promise<void>
}
