"""From what is known of a job to what the API answers, and what is asked of it before."""
