/** The user that a sandbox start seeds, so that a first call needs no sign-up. Never made when the providers are real. */
export const DEMO_USER = { email: 'demo@example.com', password: 'demo-password', name: 'Demo Company' } as const;
