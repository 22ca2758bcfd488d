"""What a channel makes of recorded callbacks: reading recordings, understanding them, and a report for the operator."""
