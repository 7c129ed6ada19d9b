// Statuses that are counted and logged, and never sent. Both are nginx's.

/** The client left before it got an answer. */
export const clientClosedRequest = 499

/** The connection was ended without an answer, because a fault said so. */
export const noResponse = 444
