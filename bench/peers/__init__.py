"""What people would pick instead, doing the bare work on our tables: JWT, validation, membership, one or two statements."""
