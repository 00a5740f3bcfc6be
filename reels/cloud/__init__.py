"""What all paid services have in common: access, prices, charges, and when to try again."""
