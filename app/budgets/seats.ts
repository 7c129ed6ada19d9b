/** The most workers at once: 256, each beside its replacement. */
export const mostSeats = 2 * 256
