"""Webhooks of users, by the Standard Webhooks specification: what is kept, signed and sent."""
