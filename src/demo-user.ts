/**
 * The user of a start in which every provider is simulated, so that a first call needs no sign-up. Everybody knows the
 * password: a start with any real provider switches the user off.
 */
export const DEMO_USER = { email: 'demo@example.com', password: 'demo-password', name: 'Demo Company' } as const;
