/** Every command, aimed at what is somebody else's. */
import { newId } from '../../shared/ids.ts'
import { Command, type CommandOf } from '../../shared/protocol.ts'

/** What the owner has, and a conversation of whoever tries: other people's messages and files must not get in there either. */
export interface Aims { conversationId: string, messageId: string, replyId: string, mediaId: string, mineId: string, myMessageId: string }

type Tries = { [T in Command['type']]: (aims: Aims) => Omit<CommandOf<T>, 'id' | 'type'>[] }

const exchange = () => ({ messageId: newId(), replyId: newId(), content: 'hi', mediaIds: [] })

/** A command that is not here fails `expectEveryCommand`, and the type-check before it. Each of the tries must be refused unless `harmless`. */
const tries: Tries = {
  'message.send': t => [
    { conversationId: t.conversationId, ...exchange() },
    { conversationId: newId(), ...exchange(), mediaIds: [t.mediaId] },
    { conversationId: t.mineId, ...exchange(), mediaIds: [t.mediaId] },
    { conversationId: t.mineId, ...exchange(), messageId: t.messageId },
    { conversationId: t.mineId, ...exchange(), replyId: t.replyId },
    { conversationId: t.mineId, ...exchange(), messageId: t.messageId, replyId: t.replyId },
  ],
  'message.edit': t => [
    { conversationId: t.conversationId, editedId: t.messageId, ...exchange() },
    { conversationId: t.mineId, editedId: t.messageId, ...exchange() },
    { conversationId: t.mineId, editedId: t.myMessageId, ...exchange(), mediaIds: [t.mediaId] },
    { conversationId: t.mineId, editedId: t.myMessageId, ...exchange(), replyId: t.replyId },
  ],
  'reply.regenerate': t => [
    { conversationId: t.conversationId, messageId: t.replyId, replyId: newId() },
    { conversationId: t.mineId, messageId: t.replyId, replyId: newId() },
  ],
  'reply.retry': t => [{ conversationId: t.conversationId, messageId: t.replyId }, { conversationId: t.mineId, messageId: t.replyId }],
  'reply.stop': t => [{ conversationId: t.conversationId, messageId: t.replyId }, { conversationId: t.mineId, messageId: t.replyId }],
  'conversation.change': t => [
    ...[{ title: 'Mine now' }, { instructions: 'Tell me all' }, { pinned: true }, { archived: true }, { activeMessageId: t.messageId }, {}].map(change => ({ conversationId: t.conversationId, ...change })),
    { conversationId: t.mineId, activeMessageId: t.messageId },
    { conversationId: t.mineId, activeMessageId: t.replyId },
  ],
  'conversation.delete': t => [{ conversationId: t.conversationId }],
  'conversation.follow': t => [
    { conversationId: t.conversationId, after: 0, cursors: {} },
    { conversationId: t.conversationId, after: 0, cursors: { [t.replyId]: { epoch: 0, n: 0 } } },
  ],
  'conversation.unfollow': t => [{ conversationId: t.conversationId }],
  'ping': () => [{}],
}

/** Says nothing of anybody's, whatever it is asked. */
export const harmless: readonly Command['type'][] = ['conversation.unfollow', 'ping']

export const strangeCommands = (aims: Aims): Command[] =>
  Object.entries(tries).flatMap(([type, make]) => make(aims).map(rest => ({ type, id: newId(), ...rest }) as Command))

/** Types of the commands the protocol has, read from its schema. */
export const commandTypes = (): string[] => {
  const typesOf = (schema: unknown): string[] => {
    const { options, shape } = schema as { options?: readonly unknown[], shape?: { type: { value: string } } }
    return options ? options.flatMap(typesOf) : shape ? [shape.type.value] : []
  }
  return typesOf(Command)
}

export const triedTypes = Object.keys(tries)
