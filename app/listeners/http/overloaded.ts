import { OriginError } from '../../errors.ts'

/**
 * The refusal of a client whose bytes are more than limits.buffered has room for. One for all: an error keeps the
 * functions that were running when it was made, and with them the body that another client was sending.
 */
export const overloaded = new OriginError(
  'SERVICE_OVERLOADED',
  "the memory for clients' bytes is full (limits.buffered), and this client held the most; try again later",
)
